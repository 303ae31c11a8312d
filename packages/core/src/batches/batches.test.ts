import { expect, test } from 'vitest';
import type { Progress } from '../contract/call-options.ts';
import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import { type BatchParts, batchOneByOne } from './batch-one-by-one.ts';

interface Item {
  readonly name: string;
  readonly sampleCount: number;
}

const items: readonly Item[] = [
  { name: 'a', sampleCount: 10 },
  { name: 'b', sampleCount: 0 },
  { name: 'c', sampleCount: 30 },
];
type Parts = BatchParts<Item, string, { signal?: AbortSignal; onProgress?: (progress: Progress) => void }>;

function partsOf(more: Partial<Parts> = {}): Parts & { readonly called: string[] } {
  const called: string[] = [];
  return {
    called,
    stage: 'Tokenizing',
    check: () => undefined,
    sampleCountOf: ({ sampleCount }) => sampleCount,
    async call(item) {
      called.push(item.name);
      return item.name.toUpperCase();
    },
    ...more,
  };
}

function refusal(): SpeechTokensError<'token-grid-invalid'> {
  return new SpeechTokensError('token-grid-invalid', {
    problem: 'The ids are wrong',
    found: '9',
    wanted: '0 to 7',
    remedy: 'Give others',
    details: { codebook: 'codebook-1' },
  });
}

test('gives results in the order of the items', async () => {
  expect(await batchOneByOne(items, {}, partsOf())).toEqual(['A', 'B', 'C']);
  expect(await batchOneByOne([], {}, partsOf())).toEqual([]);
});

test('refuses a bad item before anything is done, and says which it is', async () => {
  const original = refusal();
  const parts = partsOf({
    check({ name }) {
      if (name === 'c') throw original;
    },
  });
  const batch = batchOneByOne(items, {}, parts);
  await expect(batch).rejects.toMatchObject({
    code: 'token-grid-invalid',
    batchIndex: 2,
    details: { codebook: 'codebook-1' },
    cause: original,
    message: 'Item 3 of 3 of the batch failed. The ids are wrong: found 9, wanted 0 to 7. Give others.',
  });
  expect(parts.called).toEqual([]);
});

test('an item that fails later is named too; what is closed is closed for all', async () => {
  const failing = (error: unknown) =>
    partsOf({
      async call({ name }) {
        if (name === 'b') throw error;
        return name;
      },
    });
  await expect(batchOneByOne(items, {}, failing(refusal()))).rejects.toMatchObject({ batchIndex: 1 });
  const closed = new SpeechTokensError('session-closed', { problem: 'Closed', remedy: 'Load it', details: {} });
  await expect(batchOneByOne(items, {}, failing(closed))).rejects.toBe(closed);
  expect(closed).not.toHaveProperty('batchIndex');
  const other = new TypeError('A fault of the plugin');
  await expect(batchOneByOne(items, {}, failing(other))).rejects.toBe(other);
});

test('an abort rejects with its reason, whatever it is, and starts no further item', async () => {
  const controller = new AbortController();
  const reason = refusal();
  const parts = partsOf();
  const call: Parts['call'] = async (item, options) => {
    const result = await parts.call(item, options);
    controller.abort(reason);
    return result;
  };
  await expect(batchOneByOne(items, { signal: controller.signal }, { ...parts, call })).rejects.toBe(reason);
  expect(parts.called).toEqual(['a']);
  const within: Parts['call'] = async (_, { signal }) => {
    signal!.throwIfAborted();
    throw new Error('The signal was not handed on.');
  };
  const late = new AbortController();
  const check = (): void => late.abort(reason);
  await expect(batchOneByOne(items, { signal: late.signal }, partsOf({ check, call: within }))).rejects.toBe(reason);
});

test('progress is that of all items, whatever they count', async () => {
  const seen: (readonly [number, number | undefined])[] = [];
  const call: Parts['call'] = async ({ name }, { onProgress }) => {
    // Half an item, counted in another unit; and more than there is, as padding.
    onProgress?.({ stage: 'Half', done: 4, total: 8, unit: 'frames' });
    onProgress?.({ stage: 'Too far', done: 12, total: 10, unit: 'samples' });
    onProgress?.({ stage: 'No end', done: 3, unit: 'samples' });
    return name;
  };
  const onProgress = ({ stage, done, total, unit }: Progress): void => {
    expect([stage, unit]).toEqual(['Tokenizing', 'samples']);
    seen.push([done, total]);
  };
  await batchOneByOne(items, { onProgress }, partsOf({ call }));
  const dones = [5, 10, 10, 10, 10, 10, 25, 40, 40];
  expect(seen).toEqual(dones.map((done) => [done, 40]));
});
