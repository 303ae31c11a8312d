import { SpeechTokensError } from '../../src/index.ts';
import { type Fault, withoutSignal } from './call-faults.ts';
import { type Data, lengthOf, spoil } from './codec-part.ts';

/** Faults of batches that a tokenizer and a detokenizer can have alike. */
export const batchFaults: readonly Fault[] = [
  {
    check: 'batch',
    what: 'padding to the longest item leaks into the others',
    inject: (part) => ({
      ...part,
      async callBatch(inputs, options) {
        const outputs = await part.callBatch(inputs, options);
        const longest = Math.max(...inputs.map(lengthOf));
        return outputs.map((output, i) => (lengthOf(inputs[i] as Data) < longest ? spoil(output) : output));
      },
    }),
  },
  {
    check: 'batch-progress',
    what: 'every item of a batch starts again at nothing',
    inject: (part) => ({
      ...part,
      async callBatch(inputs, options) {
        for (const input of inputs) {
          const total = lengthOf(input);
          options?.onProgress?.({ stage: 'One of several', done: total >> 1, total, unit: 'samples' });
        }
        return part.callBatch(inputs, options);
      },
    }),
  },
  {
    check: 'batch-refused',
    what: 'an error of a batch does not say which item it is about',
    inject: (part) => ({
      ...part,
      async callBatch(inputs, options) {
        try {
          return await part.callBatch(inputs, options);
        } catch (error) {
          throw error instanceof SpeechTokensError && error.batchIndex !== undefined ? error.cause : error;
        }
      },
    }),
  },
  {
    check: 'batch-refused',
    what: 'the error of a batch names the item by its number, not by its index',
    inject: (part) => ({
      ...part,
      async callBatch(inputs, options) {
        try {
          return await part.callBatch(inputs, options);
        } catch (error) {
          if (!(error instanceof SpeechTokensError) || error.batchIndex === undefined) throw error;
          const { code, details, message, batchIndex } = error;
          throw new SpeechTokensError(code, {
            problem: message,
            remedy: 'Mend it',
            details,
            batchIndex: batchIndex + 1,
          });
        }
      },
    }),
  },
  {
    check: 'batch-refused',
    what: 'a batch takes as many codebooks as there are where more are asked for',
    inject: (part) => ({
      ...part,
      callBatch: (inputs, options) =>
        part.callBatch(inputs, (options?.codebookCount ?? 0) > 3 ? { ...options, codebookCount: 3 } : options),
    }),
  },
  {
    check: 'batch-abort',
    what: 'a batch looks at the signal only between its items',
    inject: (part) => ({
      ...part,
      async callBatch(inputs, options) {
        const signal = options?.signal;
        if (signal === undefined) return part.callBatch(inputs, options);
        const outputs: Data[] = [];
        for (const input of inputs) {
          signal.throwIfAborted();
          outputs.push(...(await part.callBatch([input], withoutSignal(options))));
          signal.throwIfAborted();
        }
        return outputs;
      },
    }),
  },
  {
    check: 'batch-abort',
    what: 'a batch looks at the signal only within its items',
    inject: (part) => ({
      ...part,
      async callBatch(inputs, options) {
        if (options?.signal?.aborted !== true) return part.callBatch(inputs, options);
        return part.callBatch(inputs, withoutSignal(options));
      },
    }),
  },
];
