import type { StreamSession } from '../../contract/streaming.ts';
import type { ErrorCode } from '../../errors/error-details.ts';
import { type CodecSide, streamsOrReason } from '../codec-side.ts';
import type { CheckContext, ConformanceCheck } from '../conformance-check.ts';
import { expectReason, expectThat, expectTypedError, nextTurn, settle, turnsTaken, watch } from '../expectations.ts';
import { expectSameStream, plainChunkingOf, pushAll, streamingOf, streamOnce, withSession } from '../streaming-runs.ts';
import { badCodebookCounts } from './call-control.ts';

/** How streams are steered: order, refusals, cancellation, the end. */
export function streamControlChecks<Input, Output, InputPiece, OutputPiece>(
  name: 'tokenizer' | 'detokenizer',
  badPieces: (piece: InputPiece) => readonly (readonly [what: string, code: ErrorCode, piece: InputPiece])[],
): readonly ConformanceCheck<CodecSide<Input, Output, InputPiece, OutputPiece>>[] {
  type Side = CodecSide<Input, Output, InputPiece, OutputPiece>;
  const inputCodes = name === 'tokenizer' ? 'format' : 'grid';
  return [
    {
      id: `${name}-stream/codebook-count-refused`,
      title: 'Opening a stream with a codebook count out of range is refused with a typed error',
      appliesTo: streamsOrReason,
      async run(side: Side) {
        for (const codebookCount of badCodebookCounts(side)) {
          await expectTypedError('argument-invalid', `Opening a stream with codebookCount ${codebookCount}`, () =>
            streamingOf(side).open({ codebookCount }),
          );
        }
      },
    },
    {
      id: `${name}-stream/order-refused`,
      title: 'A push that leaves a gap or overlaps is refused with a typed error, and counts as not made',
      appliesTo: streamsOrReason,
      async run(side: Side) {
        const shift = side.stepSamples;
        // The first piece has no last one to follow: whether a stream may begin elsewhere than at 0 is not laid down.
        await streamWithRefusals(side, 'order refused', (piece) => [
          ['a piece that leaves a gap', 'stream-order', side.shiftPiece(piece, shift)],
          ['a piece that overlaps', 'stream-order', side.shiftPiece(piece, -shift)],
        ]);
      },
    },
    {
      id: `${name}-stream/${inputCodes}-refused`,
      title: `A push that is not of the right ${inputCodes} is refused with a typed error, and counts as not made`,
      appliesTo: streamsOrReason,
      async run(side: Side) {
        await streamWithRefusals(side, 'input refused', badPieces);
      },
    },
    {
      id: `${name}-stream/empty-flush`,
      title: 'The end of a stream without input gives nothing',
      appliesTo: streamsOrReason,
      async run(side: Side) {
        const nothing = await side.makeInput(0, 'empty flush');
        for (const emptyPushes of [0, 2]) {
          const outputs = await withSession(side, async (session) => {
            const collected: OutputPiece[] = [];
            for (let i = 0; i < emptyPushes; i++) collected.push(...(await session.push(side.pieceOf(nothing, 0, 0))));
            collected.push(...(await session.flush()));
            return collected;
          });
          expectThat(outputs.length === 0, `A stream of ${emptyPushes} empty pieces gave something`, () => ({
            found: `${outputs.length} pieces that cover ${side.coveredBy(outputs)} samples`,
            wanted: 'nothing',
          }));
        }
      },
    },
    {
      id: `${name}-stream/closed-after-flush`,
      title: 'After flush a session refuses further input with a typed error',
      appliesTo: streamsOrReason,
      async run(side: Side) {
        const input = await side.makeInput(2 * side.lengths.period, 'closed after flush');
        await withSession(side, async (session) => {
          await session.push(side.pieceOf(input, 0, side.lengths.period));
          await session.flush();
          const next = side.pieceOf(input, side.lengths.period, 2 * side.lengths.period);
          await expectTypedError('session-closed', 'A push after flush', () => session.push(next));
        });
      },
    },
    {
      id: `${name}-stream/closed-after-close`,
      title: 'A closed session refuses work with a typed error',
      appliesTo: streamsOrReason,
      async run(side: Side) {
        const input = await side.makeInput(2 * side.lengths.period, 'closed after close');
        const session = await streamingOf(side).open();
        await session.push(side.pieceOf(input, 0, side.lengths.period));
        await session.close();
        const next = side.pieceOf(input, side.lengths.period, 2 * side.lengths.period);
        await expectTypedError('session-closed', 'A push after close', () => session.push(next));
        await expectTypedError('session-closed', 'A flush after close', () => session.flush());
      },
    },
    {
      id: `${name}-stream/close-twice`,
      title: 'Closing a session twice is fine, in mid-stream too',
      appliesTo: streamsOrReason,
      async run(side: Side) {
        const input = await side.makeInput(side.lengths.period, 'close twice');
        const session = await streamingOf(side).open();
        await session.push(side.pieceOf(input, 0, side.lengths.period));
        await Promise.all([session.close(), session.close()]);
        await session.close();
      },
    },
    {
      id: `${name}-stream/abort-before`,
      title: 'A push or flush with a signal that has already aborted rejects with its reason, and counts as not made',
      appliesTo: streamsOrReason,
      async run(side: Side) {
        const input = await side.makeInput(side.lengths.medium, 'push aborted before');
        const wanted = await streamOnce(side, input);
        const reason = { why: 'the caller changed its mind' };
        const signal = AbortSignal.abort(reason);
        const found = await withSession(side, async (session) => {
          const outputs: OutputPiece[] = [];
          let start = 0;
          for (const end of plainChunkingOf(side, input)) {
            const piece = side.pieceOf(input, start, end);
            const what = 'A push with a signal that has already aborted';
            expectReason(await settle(what, () => session.push(piece, { signal })), reason, what);
            outputs.push(...(await session.push(piece)));
            start = end;
          }
          const what = 'A flush with a signal that has already aborted';
          expectReason(await settle(what, () => session.flush({ signal })), reason, what);
          outputs.push(...(await session.flush()));
          return outputs;
        });
        expectSameStream(side, found, wanted, 'A stream differs when aborted pushes are made once more');
      },
    },
    {
      id: `${name}-stream/abort-during`,
      title: 'An abort in the middle of a push rejects it with the reason, and the push counts as not made',
      appliesTo: streamsOrReason,
      async run(side: Side, _context: CheckContext) {
        const input = await side.makeInput(2 * side.lengths.medium, 'push aborted in its middle');
        const wanted = await streamOnce(side, input);
        const head = plainChunkingOf(side, input).slice(0, 1);
        const start = head[0] ?? 0;
        const rest = (): InputPiece => side.pieceOf(input, start, side.lengthOf(input));
        const turns = await withSession(side, async (session) => {
          await pushAll(side, session, input, head);
          return turnsTaken(() => session.push(rest()));
        });
        // A push that is over before the event loop turns cannot be aborted by anyone.
        const moments = turns === 0 ? [] : [0, 1, turns >> 1];
        for (const moment of new Set(moments)) {
          const when = moment === 0 ? 'right after the call' : `after ${moment} turns of the event loop`;
          const found = await withSession(side, async (session) => {
            const outputs = await pushAll(side, session, input, head);
            const reason = new Error('The caller changed its mind in the middle.');
            const controller = new AbortController();
            const push = watch(session.push(rest(), { signal: controller.signal }));
            for (let turn = 0; turn < moment; turn++) await nextTurn();
            const cameTooLate = push.settled;
            controller.abort(reason);
            const outcome = await push.outcome;
            if (!cameTooLate) expectReason(outcome, reason, `A push aborted ${when}`);
            outputs.push(...(outcome.status === 'resolved' ? outcome.value : await session.push(rest())));
            outputs.push(...(await session.flush()));
            return outputs;
          });
          expectSameStream(side, found, wanted, `A stream differs when a push aborted ${when} is made once more`);
        }
        const found = await withSession(side, (session) => streamWithLateAborts(side, session, input));
        expectSameStream(
          side,
          found,
          wanted,
          'A stream differs when pushes that rejected with the reason are made again',
        );
      },
    },
  ];
}

/**
 * Streams an input in small pieces, each aborted a little later than the one before (some turns of the event loop and
 * some microtasks), and makes again those that were rejected: whenever the abort falls, what the caller hears and what
 * was done must agree.
 */
async function streamWithLateAborts<Input, Output, InputPiece, OutputPiece>(
  side: CodecSide<Input, Output, InputPiece, OutputPiece>,
  session: StreamSession<InputPiece, OutputPiece>,
  input: Input,
): Promise<readonly OutputPiece[]> {
  const outputs: OutputPiece[] = [];
  let start = 0;
  for (let moment = 0; start < side.lengthOf(input); moment++) {
    const end = Math.min(side.lengthOf(input), start + side.lengths.period);
    const piece = (): InputPiece => side.pieceOf(input, start, end);
    const controller = new AbortController();
    const push = settle('A push that is aborted', () => session.push(piece(), { signal: controller.signal }));
    for (let turns = moment % 4; turns > 0; turns--) await nextTurn();
    for (let microtasks = (moment >> 2) % 8; microtasks > 0; microtasks--) await undefined;
    controller.abort('The caller changed its mind.');
    const outcome = await push;
    outputs.push(...(outcome.status === 'resolved' ? outcome.value : await session.push(piece())));
    start = end;
  }
  outputs.push(...(await session.flush()));
  return outputs;
}

/** Streams an input; before each piece but the first come pushes that must be refused, and must leave no trace. */
async function streamWithRefusals<Input, Output, InputPiece, OutputPiece>(
  side: CodecSide<Input, Output, InputPiece, OutputPiece>,
  label: string,
  refusals: (piece: InputPiece) => readonly (readonly [what: string, code: ErrorCode, piece: InputPiece])[],
): Promise<void> {
  const input = await side.makeInput(side.lengths.medium, label);
  const wanted = await streamOnce(side, input);
  const found = await withSession(side, async (session) => {
    const outputs: OutputPiece[] = [];
    let start = 0;
    for (const end of plainChunkingOf(side, input)) {
      const piece = side.pieceOf(input, start, end);
      for (const [what, code, bad] of start === 0 ? [] : refusals(piece)) {
        await expectTypedError(code, `Pushing ${what}`, () => session.push(bad));
      }
      outputs.push(...(await session.push(piece)));
      start = end;
    }
    outputs.push(...(await session.flush()));
    return outputs;
  });
  expectSameStream(side, found, wanted, 'A stream differs when refused pushes came between');
}
