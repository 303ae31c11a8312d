import type { AudioClip, TokenGrid } from '../../src/index.ts';
import { isSpeechTokensError } from '../../src/index.ts';
import {
  arraysOf,
  type CodecPart,
  contentOf,
  type Data,
  lengthOf,
  spoil,
  spoilInPlace,
  withArrays,
} from './codec-part.ts';

/** One way to break one promise. */
export interface Fault {
  /** The check that must see it, without its side for faults of both sides. */
  readonly check: string;
  readonly what: string;
  /** @param loadNumber how many times the component has been loaded, this time included */
  readonly inject: (part: CodecPart, loadNumber: number) => CodecPart;
}

/** Faults of whole calls that a tokenizer and a detokenizer can have alike. */
export const callFaults: readonly Fault[] = [
  {
    check: 'loads',
    what: 'loading throws',
    inject: () => {
      throw new Error('The weights are missing.');
    },
  },
  {
    check: 'specification',
    what: 'is of a version that nobody knows',
    inject: (part) => ({ ...part, specificationVersion: 'v9' }),
  },
  {
    check: 'token-space-identity',
    what: 'the second load names another token space',
    inject: (part, loadNumber) =>
      loadNumber === 2 ? { ...part, tokenSpace: { ...part.tokenSpace, id: `${part.tokenSpace.id}-again` } } : part,
  },
  {
    check: 'deterministic',
    what: 'the third equal call in a row differs',
    inject: (part) => {
      let last = '';
      let count = 0;
      return {
        ...part,
        async call(input, options) {
          const content = `${options?.codebookCount} of ${contentOf(input)}`;
          const output = await part.call(input, options);
          count = content === last ? count + 1 : 1;
          last = content;
          return count === 3 ? spoil(output) : output;
        },
      };
    },
  },
  {
    check: 'input-unchanged',
    what: 'a call writes to its input when it is done',
    inject: (part) => ({
      ...part,
      async call(input, options) {
        const output = await part.call(input, options);
        for (const array of arraysOf(input)) spoilInPlace(array);
        return output;
      },
    }),
  },
  {
    check: 'input-not-kept',
    what: 'results are remembered by the array that they were made from',
    inject: (part) => {
      const results = new WeakMap<object, Data>();
      return {
        ...part,
        async call(input, options) {
          const key = arraysOf(input)[0];
          const known = key && results.get(key);
          if (known) return known;
          const output = await part.call(input, options);
          if (key && options === undefined) results.set(key, output);
          return output;
        },
      };
    },
  },
  {
    check: 'array-views',
    what: 'the offset of a view is forgotten',
    inject: (part) => ({ ...part, call: (input, options) => part.call(withoutOffsets(input), options) }),
  },
  {
    check: 'concurrent-calls',
    what: 'calls share a buffer',
    inject: (part) => {
      let active = 0;
      return {
        ...part,
        async call(input, options) {
          const isAlone = active++ === 0;
          try {
            const output = await part.call(input, options);
            return isAlone ? output : spoil(output);
          } finally {
            active--;
          }
        },
      };
    },
  },
  {
    check: 'codebook-prefix',
    what: 'fewer codebooks by option give something else',
    inject: (part) => ({
      ...part,
      async call(input, options) {
        const output = await part.call(input, options);
        return (options?.codebookCount ?? 3) < 3 ? spoil(output) : output;
      },
    }),
  },
  {
    check: 'codebook-count-refused',
    what: 'half a codebook is rounded',
    inject: (part) => ({
      ...part,
      call: (input, options) =>
        part.call(input, options?.codebookCount === 1.5 ? { ...options, codebookCount: 1 } : options),
    }),
  },
  {
    check: 'progress',
    what: 'progress runs backwards',
    inject: (part) => ({
      ...part,
      async call(input, options) {
        const output = await part.call(input, options);
        options?.onProgress?.({ stage: 'Tokenizing', done: 1, unit: 'samples' });
        options?.onProgress?.({ stage: 'Detokenizing', done: 1, unit: 'samples' });
        return output;
      },
    }),
  },
  {
    check: 'abort-before',
    what: 'a signal that has already aborted is not looked at',
    inject: (part) => ({
      ...part,
      call: (input, options) => part.call(input, options?.signal?.aborted ? withoutSignal(options) : options),
    }),
  },
  {
    check: 'abort-during',
    what: 'the signal is looked at only at the start',
    inject: (part) => ({
      ...part,
      call: (input, options) => part.call(input, options?.signal?.aborted ? options : withoutSignal(options)),
    }),
  },
  {
    check: 'abort-during',
    what: 'an aborted call works on to its end before it rejects',
    inject: (part) => ({
      ...part,
      async call(input, options) {
        options?.signal?.throwIfAborted();
        const output = await part.call(input, withoutSignal(options));
        options?.signal?.throwIfAborted();
        return output;
      },
    }),
  },
  {
    check: 'abort-during',
    what: 'an aborted call rejects with an error of its own',
    inject: (part) => ({
      ...part,
      async call(input, options) {
        options?.signal?.throwIfAborted();
        try {
          return await part.call(input, options);
        } catch (error) {
          throw options?.signal?.aborted ? new DOMException('This operation was aborted', 'AbortError') : error;
        }
      },
    }),
  },
  {
    check: 'abort-during',
    what: 'an aborted call leaves something behind for the next',
    inject: (part) => {
      let isHarmed = false;
      return {
        ...part,
        async call(input, options) {
          const wasAborted: boolean | undefined = options?.signal?.aborted;
          try {
            const output = await part.call(input, options);
            return isHarmed ? spoil(output) : output;
          } catch (error) {
            isHarmed ||= !wasAborted && options?.signal?.reason !== undefined;
            throw error;
          }
        },
      };
    },
  },
  {
    check: 'close-twice',
    what: 'the second close throws',
    inject: (part) => {
      let isClosed = false;
      return {
        ...part,
        async close() {
          if (isClosed) throw new Error('Already closed.');
          isClosed = true;
          await part.close();
        },
      };
    },
  },
  {
    check: 'use-after-close',
    what: 'a closed component works on',
    inject: (part) => ({ ...part, close: async () => {} }),
  },
  {
    check: 'use-after-close',
    what: 'open sessions of a closed component throw an error without a type',
    inject: (part) => {
      let isClosed = false;
      return {
        ...part,
        async open(options) {
          const session = await part.open(options);
          const push: typeof session.push = async (input, callOptions) => {
            if (isClosed) throw new Error('Closed.');
            return session.push(input, callOptions);
          };
          return { ...session, push };
        },
        async close() {
          isClosed = true;
          await part.close();
        },
      };
    },
  },
];

export const tokenizerFaults: readonly Fault[] = [
  {
    check: 'tokenizer/sample-counts',
    what: 'some clips lose a sample',
    inject: (part) => ({
      ...part,
      async call(input, options) {
        const grid = (await part.call(input, options)) as TokenGrid;
        return lengthOf(input) === 49 ? { ...grid, sampleCount: 48 } : grid;
      },
    }),
  },
  {
    check: 'tokenizer/valid-grids',
    what: 'silence has an id that its codebook has not',
    inject: (part) => ({
      ...part,
      async call(input, options) {
        const grid = await part.call(input, options);
        const isSilent = (input as AudioClip).channels.every((samples) => samples.every((sample) => sample === 0));
        return isSilent ? withArrays(grid, (ids) => ids.map(() => 16)) : grid;
      },
    }),
  },
  {
    check: 'tokenizer/plain-data',
    what: 'a grid has a method',
    inject: (part) => ({
      ...part,
      call: async (input, options) => Object.assign(await part.call(input, options), { toString: () => 'a grid' }),
    }),
  },
  {
    check: 'tokenizer/audio-format-refused',
    what: 'a last sample that is not a number counts as silence',
    inject: (part) => ({
      ...part,
      call: (input, options) =>
        part.call(
          withArrays(input, (samples) =>
            samples.map((value, i) => (i === samples.length - 1 && Number.isNaN(value) ? 0 : value)),
          ),
          options,
        ),
    }),
  },
  {
    check: 'tokenizer/audio-format-refused',
    what: 'another format is refused with an error without a type',
    inject: (part) => ({
      ...part,
      async call(input, options) {
        try {
          return await part.call(input, options);
        } catch (error) {
          throw isSpeechTokensError(error, 'audio-format') ? new TypeError('Bad audio.') : error;
        }
      },
    }),
  },
];

export const detokenizerFaults: readonly Fault[] = [
  {
    check: 'detokenizer/sample-counts',
    what: 'some grids lose a sample',
    inject: (part) => ({
      ...part,
      async call(input, options) {
        const clip = await part.call(input, options);
        return lengthOf(input) === 49 ? withArrays(clip, (samples) => samples.slice(0, -1)) : clip;
      },
    }),
  },
  {
    check: 'detokenizer/finite-samples',
    what: 'the greatest ids overflow',
    inject: (part) => ({
      ...part,
      async call(input, options) {
        const clip = await part.call(input, options);
        const isGreatest =
          lengthOf(input) > 50 && (input as TokenGrid).tracks.every(({ ids }) => ids.every((id) => id === 15));
        return isGreatest ? withArrays(clip, (samples) => samples.fill(Number.POSITIVE_INFINITY, 3, 4)) : clip;
      },
    }),
  },
  {
    check: 'detokenizer/token-space-refused',
    what: 'the token space of a grid is not looked at',
    inject: (part) => ({
      ...part,
      call: (input, options) => part.call({ ...(input as TokenGrid), tokenSpace: part.tokenSpace }, options),
    }),
  },
  {
    check: 'detokenizer/grid-refused',
    what: 'ids that are out of range are clipped',
    inject: (part) => ({
      ...part,
      call: (input, options) =>
        part.call(
          withArrays(input, (ids) => ids.map((id) => Math.min(id, 15))),
          options,
        ),
    }),
  },
];

export function withoutOffsets(data: Data): Data {
  return withArrays(data, (array) =>
    array instanceof Float32Array
      ? new Float32Array(array.buffer, 0, array.length)
      : new Uint32Array(array.buffer, 0, array.length),
  );
}

export function withoutSignal<Options extends { readonly signal?: AbortSignal }>(
  options: Options | undefined,
): Omit<Options, 'signal'> {
  const { signal: _, ...rest } = options ?? ({} as Options);
  return rest;
}
