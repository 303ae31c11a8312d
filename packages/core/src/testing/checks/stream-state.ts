import type { SessionState } from '../../contract/streaming.ts';
import { type CodecSide, streamsOrReason } from '../codec-side.ts';
import type { ConformanceCheck } from '../conformance-check.ts';
import { expectThat, expectTypedError } from '../expectations.ts';
import {
  expectSameStream,
  plainChunkingOf,
  pushAll,
  pushAndFlush,
  streamingOf,
  streamOnce,
  withSession,
} from '../streaming-runs.ts';

/** Starting over, and going on from where another session stood. */
export function streamStateChecks<Input, Output, InputPiece, OutputPiece>(
  name: 'tokenizer' | 'detokenizer',
): readonly ConformanceCheck<CodecSide<Input, Output, InputPiece, OutputPiece>>[] {
  type Side = CodecSide<Input, Output, InputPiece, OutputPiece>;
  return [
    {
      id: `${name}-stream/reset`,
      title: 'After reset a session equals a new one, bit for bit',
      appliesTo: streamsOrReason,
      async run(side: Side) {
        const input = await side.makeInput(side.lengths.medium, 'reset');
        const other = await side.makeInput(side.lengths.medium, 'before the reset');
        const wanted = await streamOnce(side, input);
        await withSession(side, async (session) => {
          await pushAll(side, session, other, middleOf(side, other));
          session.reset();
          const afterMiddle = await pushAndFlush(side, session, input);
          expectSameStream(side, afterMiddle, wanted, 'A session that was reset in mid-stream differs from a new one');
          session.reset();
          const afterFlush = await pushAndFlush(side, session, input);
          expectSameStream(side, afterFlush, wanted, 'A session that was reset after its end differs from a new one');
        });
      },
    },
    {
      id: `${name}-stream/state-continues`,
      title: 'A saved state continues in another session of another load, bit for bit, and harms nothing',
      appliesTo: savesStateOrReason,
      async run(side: Side) {
        const input = await side.makeInput(side.lengths.medium, 'saved state');
        const whole = await streamOnce(side, input);
        const elsewhere = await side.another();
        const chunking = plainChunkingOf(side, input);
        // In mid-stream, and near the start, where some streams hold back more.
        const breaks = [...new Set([middleOf(side, input).length, 1])];
        const heldBack: number[] = [];
        for (const count of breaks) {
          const before = chunking.slice(0, count);
          const after = chunking.slice(count);
          heldBack.push(await continuesFromBreak(side, elsewhere, input, whole, { before, after }));
        }
        // Off a boundary, or behind a look-ahead, something must be under way; else there is nothing to save.
        const { period } = side.lengths;
        const middle = chunking[breaks[0]! - 1] ?? 0;
        const mustHold = streamingOf(side).latencySamples > period || middle % period !== 0;
        expectThat(Math.max(...heldBack) > 0 || !mustHold, 'The state was saved where nothing is held back', () => ({
          found: `all output for the input so far, at sample ${middle} and before`,
          wanted: 'a stream that holds back what its latency says',
        }));
      },
    },
    {
      id: `${name}-stream/state-after-unawaited`,
      title: 'A saved state counts every call made so far, also those that were not awaited',
      appliesTo: savesStateOrReason,
      async run(side: Side) {
        const input = await side.makeInput(side.lengths.medium, 'state after unawaited pushes');
        const whole = await streamOnce(side, input);
        const before = middleOf(side, input);
        const middle = before.at(-1) ?? 0;
        const after = plainChunkingOf(side, input).slice(before.length);
        const session = await streamingOf(side).open();
        const head = before.map((end, i) => session.push(side.pieceOf(input, before[i - 1] ?? 0, end)));
        const state = saveState(session);
        const outputs = (await Promise.all(head)).flat();
        const resumed = await streamingOf(side).open({ state: structuredClone(await state) });
        const tail = [...(await pushAll(side, resumed, input, after, middle)), ...(await resumed.flush())];
        await Promise.all([session.close(), resumed.close()]);
        expectSameStream(
          side,
          [...outputs, ...tail],
          whole,
          'A state saved right after pushes that were not awaited lacks them',
        );
      },
    },
    {
      id: `${name}-stream/state-refused`,
      title: 'A state of another component, of another format, or without its data is refused with a typed error',
      appliesTo: savesStateOrReason,
      async run(side: Side) {
        const input = await side.makeInput(side.lengths.medium, 'refused state');
        const state = await withSession(side, async (session) => {
          await pushAll(side, session, input, middleOf(side, input));
          return structuredClone(await saveState(session));
        });
        const foreign: readonly (readonly [string, SessionState])[] = [
          ['of another component', { ...state, writtenBy: `${state.writtenBy} of another make` }],
          ['of another format', { ...state, formatVersion: state.formatVersion + 1000 }],
          ['without its data', { ...state, data: null }],
        ];
        for (const [what, bad] of foreign) {
          await expectTypedError('session-state-invalid', `Opening a stream with a state ${what}`, () =>
            streamingOf(side).open({ state: bad }),
          );
        }
      },
    },
  ];
}

/**
 * Saves the state of a stream between two pieces and continues from it, before and after the stream itself has gone on.
 * @returns how many samples of the input had no output yet at the break
 */
async function continuesFromBreak<Input, Output, InputPiece, OutputPiece>(
  side: CodecSide<Input, Output, InputPiece, OutputPiece>,
  elsewhere: CodecSide<Input, Output, InputPiece, OutputPiece>,
  input: Input,
  whole: readonly OutputPiece[],
  { before, after }: { readonly before: readonly number[]; readonly after: readonly number[] },
): Promise<number> {
  const at = before.at(-1) ?? 0;
  const session = await streamingOf(side).open();
  const atStart = await saveState(session);
  const outputs = await pushAll(side, session, input, before);
  const saved = await saveState(session);
  const heldBack = at - side.coveredBy(outputs);
  const copyAtOnce = structuredClone(saved);
  const tail = [...(await pushAll(side, session, input, after, at)), ...(await session.flush())];
  await session.close();
  const undisturbed = 'A session whose state was saved no longer continues as before';
  expectSameStream(side, [...outputs, ...tail], whole, undisturbed);

  const resume = async (state: SessionState, from: number): Promise<OutputPiece[]> => {
    const resumed = await streamingOf(elsewhere).open({ state });
    const rest = await pushAll(side, resumed, input, from === 0 ? [...before, ...after] : after, from);
    rest.push(...(await resumed.flush()));
    await resumed.close();
    return rest;
  };
  const problem = 'A session that continues from a saved state differs from one without a break';
  expectSameStream(side, [...outputs, ...(await resume(copyAtOnce, at))], whole, problem);
  // The state is data of its own: neither the session that went on nor the one that resumed has touched it.
  const reused = `${problem}, when the state is used once more`;
  expectSameStream(side, [...outputs, ...(await resume(copyAtOnce, at))], whole, reused);
  const later = `${problem}, when the first session has gone on meanwhile`;
  expectSameStream(side, [...outputs, ...(await resume(structuredClone(saved), at))], whole, later);
  const fromStart = 'A session that continues from a state saved before any input differs from a new one';
  expectSameStream(side, await resume(structuredClone(atStart), 0), whole, fromStart);
  return heldBack;
}

/** The first half of the plain pieces: a point off the frame boundaries, where something is held back. */
function middleOf<Input>(side: CodecSide<Input, unknown, unknown, unknown>, input: Input): readonly number[] {
  const chunking = plainChunkingOf(side, input);
  return chunking.slice(0, Math.ceil(chunking.length / 2));
}

async function saveState(session: { saveState?(): Promise<SessionState> }): Promise<SessionState> {
  if (session.saveState === undefined) throw new Error('This check was run although sessions save no state.');
  return session.saveState();
}

async function savesStateOrReason(side: CodecSide<unknown, unknown, unknown, unknown>): Promise<true | string> {
  const streams = streamsOrReason(side);
  if (streams !== true) return streams;
  return withSession(side, async ({ saveState }) => saveState !== undefined || 'its sessions have no saveState');
}
