import type { CallOptions } from '../../contract/call-options.ts';
import type { ErrorCode } from '../../errors/error-details.ts';
import { isSpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { expectAbortAt, expectPromptAbort } from '../aborts.ts';
import { type CodebookSettings, type CodecSide, unequalInputs } from '../codec-side.ts';
import type { ConformanceCheck } from '../conformance-check.ts';
import { expectReason, expectSame, expectThat, expectTypedError, settle, turnsTaken } from '../expectations.ts';
import { expectRisingProgress } from '../progress-reports.ts';

/** Calls for several items: what they give, and how they are steered. */
export function batchChecks<Input, Output, InputPiece, OutputPiece>(
  name: 'tokenizer' | 'detokenizer',
  badInputs: (input: Input) => readonly (readonly [what: string, code: ErrorCode, input: Input])[],
): readonly ConformanceCheck<CodecSide<Input, Output, InputPiece, OutputPiece>>[] {
  type Side = CodecSide<Input, Output, InputPiece, OutputPiece>;
  const verb = name === 'tokenizer' ? 'tokenizeBatch' : 'detokenizeBatch';
  const appliesTo = (side: Side): true | string => side.callBatch !== undefined || `the ${name} has no ${verb}`;
  const call = (
    side: Side,
    inputs: readonly Input[],
    options?: CallOptions & CodebookSettings,
  ): Promise<readonly Output[]> => {
    const copies = inputs.map((input) => side.copyInput(input));
    // Asked only where it applies.
    return (side.callBatch as NonNullable<Side['callBatch']>)(copies, options);
  };
  return [
    {
      id: `${name}/batch`,
      title: 'A batch gives what its items give one by one, whatever their lengths',
      appliesTo,
      async run(side: Side) {
        const inputs = await unequalInputs(side, 'batch');
        const found = await call(side, inputs);
        expectThat(found.length === inputs.length, `${verb} must give one result for each item`, () => ({
          found: `${found.length} results`,
          wanted: `${inputs.length}`,
        }));
        for (const [i, input] of inputs.entries()) {
          expectSame(
            side.differenceOfOutputs(found[i] as Output, await side.call(input)),
            `Item ${i} of a batch (${side.lengthOf(input)} samples) differs from the same item alone`,
          );
        }
        const none = await call(side, []);
        expectThat(none.length === 0, `${verb} of nothing must give nothing`, () => ({
          found: `${none.length} results`,
          wanted: 'none',
        }));
      },
    },
    {
      id: `${name}/batch-progress`,
      title: 'Progress of a batch, where it is reported, is that of the whole batch',
      appliesTo,
      async run(side: Side) {
        const inputs = await unequalInputs(side, 'batch progress');
        await expectRisingProgress((onProgress) => call(side, inputs, { onProgress }));
      },
    },
    {
      id: `${name}/batch-refused`,
      title: 'A batch with an item that cannot be taken is refused with a typed error that says which item it is',
      appliesTo,
      async run(side: Side) {
        const { medium, period } = side.lengths;
        const good: readonly Input[] = await Promise.all(
          [medium, period].map((length) => side.makeInput(length, 'batch refused')),
        );
        for (const [what, code, bad] of badInputs(await side.makeInput(medium, 'batch refused'))) {
          for (const index of [0, good.length]) {
            const inputs = good.toSpliced(index, 0, bad);
            const outcome = await settle(verb, () => call(side, inputs));
            const reason = outcome.status === 'rejected' ? outcome.reason : undefined;
            const isTyped = isSpeechTokensError(reason, code);
            expectThat(isTyped && reason.batchIndex === index, `${verb} with ${what} as item ${index}`, () => ({
              found: isTyped ? `batchIndex ${reason.batchIndex}` : `${outcome.status}: ${reason}`,
              wanted: `a SpeechTokensError with code ${code} and batchIndex ${index}`,
            }));
          }
        }
        const codebookCount = side.part.tokenSpace.codebooks.length + 1;
        await expectTypedError('argument-invalid', `${verb} with codebookCount ${codebookCount}`, () =>
          call(side, good, { codebookCount }),
        );
      },
    },
    {
      id: `${name}/batch-abort`,
      title: 'An aborted batch rejects promptly with the reason, also in the middle of an item, and harms nothing',
      appliesTo,
      async run(side: Side) {
        const { medium, long } = side.lengths;
        const inputs: readonly Input[] = await Promise.all(
          [medium, medium].map((length, i) => side.makeInput(length, `aborted ${i}`)),
        );
        const wanted = await side.call(side.copyInput(inputs[1] as Input));
        const reason = { why: 'the caller changed its mind' };
        const what = `${verb} with a signal that has already aborted`;
        expectReason(await settle(what, () => call(side, inputs, { signal: AbortSignal.abort(reason) })), reason, what);
        const turns = await turnsTaken(() => call(side, inputs));
        // Work that is over before the event loop turns cannot be aborted by anyone.
        if (turns > 0) {
          for (const moment of new Set([0, 1, turns >> 1])) {
            await expectAbortAt(verb, moment, (signal) => call(side, inputs, { signal }));
          }
          const ahead = await side.makeInput(long, 'ahead of the aborted batch');
          const longer = await side.makeInput(long + medium, 'a batch of one, aborted behind another call');
          await expectPromptAbort(
            verb,
            () => side.call(ahead),
            (signal) => call(side, [longer], { signal }),
          );
        }
        const [, found] = await call(side, inputs);
        expectSame(side.differenceOfOutputs(found as Output, wanted), `After an abort ${verb} gives something else`);
      },
    },
  ];
}
