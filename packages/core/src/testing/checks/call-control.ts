import { expectAbortAt, expectPromptAbort } from '../aborts.ts';
import type { CodecSide } from '../codec-side.ts';
import { always, type ConformanceCheck } from '../conformance-check.ts';
import { expectReason, expectSame, expectTypedError, settle, turnsTaken } from '../expectations.ts';
import { expectRisingProgress } from '../progress-reports.ts';

/** How whole-clip calls are steered: settings, progress, cancellation, the end. */
export function callControlChecks<Input, Output, InputPiece, OutputPiece>(
  name: 'tokenizer' | 'detokenizer',
): readonly ConformanceCheck<CodecSide<Input, Output, InputPiece, OutputPiece>>[] {
  type Side = CodecSide<Input, Output, InputPiece, OutputPiece>;
  const verb = name === 'tokenizer' ? 'tokenize' : 'detokenize';
  return [
    {
      id: `${name}/codebook-count-refused`,
      title: 'A codebook count that is out of range is refused with a typed error',
      appliesTo: always,
      async run(side: Side) {
        const input = await side.makeInput(side.lengths.period, 'codebook count refused');
        for (const codebookCount of badCodebookCounts(side)) {
          await expectTypedError('argument-invalid', `${verb} with codebookCount ${codebookCount}`, () =>
            side.call(input, { codebookCount }),
          );
        }
      },
    },
    {
      id: `${name}/progress`,
      title: 'Progress, where it is reported, never falls and never passes its total',
      appliesTo: always,
      async run(side: Side) {
        const input = await side.makeInput(side.lengths.long, 'progress');
        await expectRisingProgress((onProgress) => side.call(input, { onProgress }));
      },
    },
    {
      id: `${name}/abort-before`,
      title: 'A call with a signal that has already aborted rejects with its reason, and harms nothing',
      appliesTo: always,
      async run(side: Side) {
        const input = await side.makeInput(side.lengths.medium, 'abort before');
        const wanted = await side.call(side.copyInput(input));
        // Anything may be a reason; it is handed back as it is.
        for (const reason of [new Error('The caller changed its mind.'), { why: 'the caller changed its mind' }]) {
          const what = `${verb} with a signal that has already aborted`;
          const signal = AbortSignal.abort(reason);
          expectReason(await settle(what, () => side.call(input, { signal })), reason, what);
        }
        expectSame(
          side.differenceOfOutputs(await side.call(input), wanted),
          `After an abort ${verb} gives something else`,
        );
      },
    },
    {
      id: `${name}/abort-during`,
      title: 'An abort in the middle of a call rejects it promptly with the reason, and harms nothing',
      appliesTo: always,
      async run(side: Side) {
        const { medium, long } = side.lengths;
        const input = await side.makeInput(2 * medium, 'abort during');
        const shorter = await side.makeInput(medium, 'after the aborts');
        const wanted = await side.call(side.copyInput(shorter));
        const turns = await turnsTaken(() => side.call(side.copyInput(input)));
        // Work that is over before the event loop turns cannot be aborted by anyone.
        if (turns > 0) {
          for (const moment of new Set([0, 1, turns >> 1])) {
            await expectAbortAt(verb, moment, (signal) => side.call(side.copyInput(input), { signal }));
          }
          const ahead = await side.makeInput(long, 'ahead of the aborted call');
          const longer = await side.makeInput(long + medium, 'aborted behind another call');
          await expectPromptAbort(
            verb,
            () => side.call(ahead),
            (signal) => side.call(longer, { signal }),
          );
        }
        expectSame(
          side.differenceOfOutputs(await side.call(shorter), wanted),
          `After an abort in its middle ${verb} gives something else`,
        );
      },
    },
    {
      id: `${name}/close-twice`,
      title: 'Closing twice is fine',
      appliesTo: always,
      async run(side: Side) {
        const { part } = await side.another();
        await Promise.all([part.close(), part.close()]);
        await part.close();
      },
    },
    {
      id: `${name}/use-after-close`,
      title: 'A closed component refuses work with a typed error, and its open sessions end',
      appliesTo: always,
      async run(side: Side) {
        const closed = await side.another();
        const input = await side.makeInput(side.lengths.period, 'use after close');
        const session = await closed.streaming?.open();
        await closed.part.close();
        await expectTypedError('session-closed', `${verb} of a closed ${name}`, () => closed.call(input));
        const { streaming } = closed;
        const batch = closed.callBatch?.bind(closed);
        if (batch) await expectTypedError('session-closed', `${verb}Batch of a closed ${name}`, () => batch([input]));
        if (streaming === undefined || session === undefined) return;
        await expectTypedError('session-closed', `Opening a stream of a closed ${name}`, () => streaming.open());
        const piece = side.pieceOf(input, 0, side.lengthOf(input));
        await expectTypedError('session-closed', `A push to a session of a closed ${name}`, () => session.push(piece));
        await session.close();
      },
    },
  ];
}

/** Counts that no call accepts. */
export function badCodebookCounts({ part }: CodecSide<unknown, unknown, unknown, unknown>): readonly number[] {
  return [0, -1, part.tokenSpace.codebooks.length + 1, 1.5, Number.NaN, Number.POSITIVE_INFINITY];
}
