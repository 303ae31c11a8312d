import { type CodecSide, streamsOrReason } from '../codec-side.ts';
import { type ConformanceCheck, ConformanceFailure } from '../conformance-check.ts';
import { expectThat } from '../expectations.ts';
import { streamingOf, withSession } from '../streaming-runs.ts';

/** The declared latency of a stream is the one that can be measured. */
export function streamLatencyChecks<Input, Output, InputPiece, OutputPiece>(
  name: 'tokenizer' | 'detokenizer',
): readonly ConformanceCheck<CodecSide<Input, Output, InputPiece, OutputPiece>>[] {
  type Side = CodecSide<Input, Output, InputPiece, OutputPiece>;
  return [
    {
      id: `${name}-stream/latency`,
      title: 'The declared latency is the measured one: never late, and no more than needed',
      appliesTo: streamsOrReason,
      async run(side: Side) {
        const { latencySamples } = streamingOf(side);
        const input = await side.makeInput(side.lengths.medium + 6 * side.lengths.period, 'latency');
        const measured = Math.max(
          await withSession(side, (session) => measureSteps(side, input, session)),
          await withSession(side, (session) => measureAroundDeclared(side, input, session, latencySamples)),
        );
        expectThat(measured <= latencySamples, 'Output of a stream comes later than declared', () => ({
          found: `output that covers a sample ${measured} samples after it`,
          wanted: `at most latencySamples, ${latencySamples}`,
        }));
        expectThat(measured >= latencySamples, 'The declared latency of a stream is too large', () => ({
          found: `all output within ${measured} samples`,
          wanted: `latencySamples, ${latencySamples}, reached for some sample`,
        }));
      },
    },
  ];
}

interface Pushing<InputPiece, OutputPiece> {
  push(input: InputPiece): Promise<readonly OutputPiece[]>;
}

/** The longest wait of a first uncovered sample, in the smallest steps, over the first few periods. */
async function measureSteps<Input, InputPiece, OutputPiece>(
  side: CodecSide<Input, unknown, InputPiece, OutputPiece>,
  input: Input,
  session: Pushing<InputPiece, OutputPiece>,
): Promise<number> {
  const { stepSamples, lengths } = side;
  const outputs: OutputPiece[] = [];
  // All of a stream of grids; of a stream of samples only a stretch, as every step is a push.
  const end =
    stepSamples > 1 ? side.lengthOf(input) : Math.min(side.lengthOf(input), lengths.medium - 3 * lengths.period);
  let covered = 0;
  let measured = 0;
  for (let position = stepSamples; position <= end; position += stepSamples) {
    outputs.push(...(await session.push(side.pieceOf(input, position - stepSamples, position))));
    const now = side.coveredBy(outputs);
    if (now > covered) measured = Math.max(measured, position - covered);
    covered = now;
  }
  return measured;
}

/**
 * The same over the whole input with few pushes: for each first uncovered sample, up to one step short of what is
 * declared, and then the last step. A wait that is longer ends the measurement.
 */
async function measureAroundDeclared<Input, InputPiece, OutputPiece>(
  side: CodecSide<Input, unknown, InputPiece, OutputPiece>,
  input: Input,
  session: Pushing<InputPiece, OutputPiece>,
  latencySamples: number,
): Promise<number> {
  const { stepSamples } = side;
  if (!(latencySamples > 0))
    throw new ConformanceFailure('A stream has a latency', { found: `${latencySamples}`, wanted: 'more than 0' });
  const outputs: OutputPiece[] = [];
  const length = side.lengthOf(input);
  let pushed = 0;
  let covered = 0;
  let measured = 0;
  const advance = async (to: number): Promise<void> => {
    if (to > pushed) outputs.push(...(await session.push(side.pieceOf(input, pushed, to))));
    pushed = Math.max(pushed, to);
    const now = side.coveredBy(outputs);
    // What a whole piece brought at once may have been ready before its end: only the last step is a measurement.
    covered = now;
  };
  for (;;) {
    const sample = covered;
    const due = Math.ceil((sample + latencySamples) / stepSamples) * stepSamples;
    if (due > length) return measured;
    await advance(due - stepSamples);
    if (covered > sample) continue;
    await advance(due);
    if (covered === sample) return Math.max(measured, pushed + 1 - sample);
    measured = Math.max(measured, due - sample);
  }
}
