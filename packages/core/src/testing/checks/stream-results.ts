import { type Chunking, evenChunking, randomChunking } from '../chunkings.ts';
import { type CodecSide, prefixCounts, prefixOrReason, streamsOrReason } from '../codec-side.ts';
import type { CheckContext, ConformanceCheck } from '../conformance-check.ts';
import { expectSame, expectThat } from '../expectations.ts';
import {
  expectSameStream,
  plainChunkingOf,
  pushAndFlush,
  streamingOf,
  streamOnce,
  withSession,
} from '../streaming-runs.ts';

/** What streams give: the same as whole calls, whatever the pieces, alone or beside others, from whatever memory. */
export function streamResultChecks<Input, Output, InputPiece, OutputPiece>(
  name: 'tokenizer' | 'detokenizer',
): readonly ConformanceCheck<CodecSide<Input, Output, InputPiece, OutputPiece>>[] {
  type Side = CodecSide<Input, Output, InputPiece, OutputPiece>;
  const verb = name === 'tokenizer' ? 'tokenize' : 'detokenize';
  return [
    {
      id: `${name}-stream/any-chunking`,
      title: 'Pushed in any pieces, a stream gives what the whole gives',
      appliesTo: streamsOrReason,
      async run(side: Side, context: CheckContext) {
        const { boundary, medium, long } = side.lengths;
        const shorter = await Promise.all(boundary.map((length) => side.makeInput(length, `any chunking ${length}`)));
        const inputs = [await side.makeInput(medium, 'any chunking'), ...shorter.filter((i) => side.lengthOf(i) > 0)];
        const most = { heldBackSamples: 0 };
        for (const input of inputs) {
          const whole = await side.call(side.copyInput(input));
          for (const chunking of chunkingsFor(side, input, context))
            await streamEqualsWhole(side, verb, input, whole, chunking, most);
        }
        for (const input of [await side.makeInput(long, 'any chunking, long'), ...side.extraInputs]) {
          const { stepSamples, lengths } = side;
          const whole = await side.call(side.copyInput(input));
          const chunking = randomChunking(side.lengthOf(input), stepSamples, lengths.period, context.random);
          await streamEqualsWhole(side, verb, input, whole, chunking, most);
        }
        // Pieces that leave nothing behind would prove nothing. A part of a frame stays in the stream, and so does
        // anything that waits for a look-ahead.
        const { latencySamples } = streamingOf(side);
        const { period } = side.lengths;
        const lookAhead = latencySamples > period ? 1 : 0;
        const least = side.stepSamples < period ? period - side.stepSamples : lookAhead;
        expectThat(
          most.heldBackSamples >= least,
          'No chunking left as much inside the stream as its latency says',
          () => ({
            found: `at most ${most.heldBackSamples} samples held back`,
            wanted: `${least} or more at some point`,
          }),
        );
      },
    },
    {
      id: `${name}-stream/unawaited-in-order`,
      title: 'Pushes that are not awaited run in the order in which they were made',
      appliesTo: streamsOrReason,
      async run(side: Side) {
        const input = await side.makeInput(side.lengths.medium, 'unawaited');
        const wanted = await streamOnce(side, input);
        const found = await withSession(side, async (session) => {
          const calls: Promise<readonly OutputPiece[]>[] = [];
          let start = 0;
          for (const end of plainChunkingOf(side, input)) {
            calls.push(session.push(side.pieceOf(input, start, end)));
            start = end;
          }
          calls.push(session.flush());
          return (await Promise.all(calls)).flat();
        });
        expectSameStream(side, found, wanted, 'Pushes that were not awaited give something else');
      },
    },
    {
      id: `${name}-stream/independent-sessions`,
      title: 'Sessions that are open at the same time do not influence each other',
      appliesTo: streamsOrReason,
      async run(side: Side) {
        const inputs = [
          await side.makeInput(side.lengths.medium, 'one session'),
          await side.makeInput(side.lengths.medium + side.lengths.period, 'the other session'),
        ];
        const wanted: OutputPiece[][] = [];
        for (const input of inputs) wanted.push(await streamOnce(side, input));
        const found = await Promise.all(inputs.map((input) => streamOnce(side, input)));
        for (const [i, outputs] of found.entries()) {
          expectSameStream(
            side,
            outputs,
            wanted[i] as OutputPiece[],
            `Session ${i} of ${found.length} at the same time differs from the same session alone`,
          );
        }
      },
    },
    {
      id: `${name}-stream/input-unchanged`,
      title: 'A push does not write to its input',
      appliesTo: streamsOrReason,
      async run(side: Side) {
        const input = await side.makeInput(side.lengths.medium, 'pushed input unchanged');
        await withSession(side, async (session) => {
          let start = 0;
          for (const end of plainChunkingOf(side, input)) {
            const piece = side.pieceOf(input, start, end);
            const before = side.copyPiece(piece);
            await session.push(piece);
            expectSame(side.differenceOfInputs(piece, before), 'A push changed its input');
            start = end;
          }
          await session.flush();
        });
      },
    },
    {
      id: `${name}-stream/input-not-kept`,
      title: 'When a push has settled its input belongs to the caller again',
      appliesTo: streamsOrReason,
      async run(side: Side) {
        const input = await side.makeInput(side.lengths.medium, 'pushed input not kept');
        const wanted = await streamOnce(side, input);
        const found = await withSession(side, async (session) => {
          const outputs: OutputPiece[] = [];
          let start = 0;
          for (const end of plainChunkingOf(side, input)) {
            const piece = side.pieceOf(input, start, end);
            outputs.push(...(await session.push(piece)));
            side.scramble(piece);
            start = end;
          }
          outputs.push(...(await session.flush()));
          return outputs;
        });
        expectSameStream(side, found, wanted, 'A stream changes when the arrays of an earlier push are used again');
      },
    },
    {
      id: `${name}-stream/array-views`,
      title: 'Arrays of a push may lie anywhere in a larger buffer',
      appliesTo: streamsOrReason,
      async run(side: Side) {
        const input = await side.makeInput(side.lengths.medium, 'pushed array views');
        const wanted = await streamOnce(side, input);
        const found = await withSession(side, async (session) => {
          const outputs: OutputPiece[] = [];
          let start = 0;
          for (const end of plainChunkingOf(side, input)) {
            outputs.push(...(await session.push(side.pieceOf(input, start, end, { asViews: true }))));
            start = end;
          }
          outputs.push(...(await session.flush()));
          return outputs;
        });
        expectSameStream(side, found, wanted, 'A stream of arrays that are views (byteOffset > 0) differs');
      },
    },
    {
      id: `${name}-stream/codebook-prefix`,
      title: 'A stream opened with K codebooks is the stream of the first K codebooks',
      appliesTo: (side: Side) => {
        const streams = streamsOrReason(side);
        return streams === true ? prefixOrReason(side) : streams;
      },
      async run(side: Side) {
        const input = await side.makeInput(side.lengths.medium, 'streamed codebook prefix');
        for (const codebookCount of prefixCounts(side.part.tokenSpace.codebooks.length)) {
          const session = await streamingOf(side).open({ codebookCount });
          const outputs = await pushAndFlush(side, session, input);
          await session.close();
          const all = side.joinOutputs(await streamOnce(side, side.takeOfInput(input, codebookCount)));
          expectSame(
            side.differenceOfOutputs(side.joinOutputs(outputs), side.takeOfOutput(all, codebookCount)),
            `A stream opened with codebookCount ${codebookCount} differs from the first ${codebookCount} tracks of all`,
          );
        }
      },
    },
  ];
}

function chunkingsFor<Input>(
  side: CodecSide<Input, unknown, unknown, unknown>,
  input: Input,
  { random }: CheckContext,
): readonly Chunking[] {
  const length = side.lengthOf(input);
  const { stepSamples, lengths } = side;
  const whole = [length];
  // Sample by sample is slow for a slow model, and a few periods show all that it can show.
  const finest = evenChunking(length, stepSamples).filter((end) => end === length || end <= 3 * lengths.period);
  const random1 = randomChunking(length, stepSamples, lengths.period, random);
  const random2 = randomChunking(length, stepSamples, lengths.period, random);
  return length <= lengths.period ? [whole, finest] : [whole, finest, random1, random2];
}

async function streamEqualsWhole<Input, Output, InputPiece, OutputPiece>(
  side: CodecSide<Input, Output, InputPiece, OutputPiece>,
  verb: string,
  input: Input,
  whole: Output,
  chunking: Chunking,
  most: { heldBackSamples: number },
): Promise<void> {
  const length = side.lengthOf(input);
  const outputs = await withSession(side, async (session) => {
    const collected: OutputPiece[] = [];
    let start = 0;
    for (const end of chunking) {
      collected.push(...(await session.push(side.pieceOf(input, start, end))));
      start = end;
      most.heldBackSamples = Math.max(most.heldBackSamples, end - side.coveredBy(collected));
    }
    collected.push(...(await session.flush()));
    return collected;
  });
  const sizes = chunking.map((end, i) => end - (chunking[i - 1] ?? 0));
  const shown = sizes.length > 12 ? `${sizes.slice(0, 12).join(', ')} and ${sizes.length - 12} more` : sizes.join(', ');
  expectSame(
    side.differenceOfOutputs(side.joinOutputs(outputs), whole),
    `A stream of ${length} samples in pieces of ${shown} differs from ${verb} of the whole`,
  );
}
