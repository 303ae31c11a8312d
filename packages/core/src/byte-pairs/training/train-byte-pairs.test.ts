import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyRecordings, trainNaively } from '../../../test/support/naive-byte-pairs.ts';
import { createRandom } from '../../random/seeded-random.ts';
import { maximumVocabularySize } from '../byte-pair-merges.ts';
import { type TrainBytePairsOptions, trainBytePairs } from './train-byte-pairs.ts';

const unitsOf = (...recordings: readonly (readonly number[])[]) => recordings.map((units) => Uint32Array.from(units));
const train = async (recordings: readonly (readonly number[])[], options: TrainBytePairsOptions) => [
  ...(await trainBytePairs(unitsOf(...recordings), options)).pairs,
];

describe('trainBytePairs', () => {
  test('takes the most frequent pair, and of equally frequent ones the smallest', async () => {
    // 1 2 comes three times; 2 3 and 0 1 twice each.
    const recordings = [
      [0, 1, 2, 3],
      [0, 1, 2, 3, 1, 2],
    ];
    expect(await train(recordings, { unitCount: 4, vocabularySize: 5 })).toEqual([1, 2]);
    // Then 0 with the new token 4, which is as frequent as 4 with 3.
    expect(await train(recordings, { unitCount: 4, vocabularySize: 99 })).toEqual([1, 2, 0, 4, 5, 3]);
  });

  test('counts pairs that overlap, and merges them from left to right', async () => {
    // 0 0 overlaps itself: three in 0 0 0 0, as many as there are of 1 2.
    const recordings = [
      [0, 0, 0, 0],
      [1, 2],
      [1, 2],
      [1, 2],
    ];
    expect(await train(recordings, { unitCount: 3, vocabularySize: 5 })).toEqual([0, 0, 1, 2]);
    expect(
      await train(
        [
          [0, 0, 0],
          [0, 0, 0],
        ],
        { unitCount: 1, vocabularySize: 9 },
      ),
    ).toEqual([0, 0, 1, 0]);
  });

  test('never merges across recordings', async () => {
    expect(await train([[0], [1], [0], [1]], { unitCount: 2, vocabularySize: 9 })).toEqual([]);
    expect(await train([], { unitCount: 2, vocabularySize: 9 })).toEqual([]);
    expect(await train([[], []], { unitCount: 2, vocabularySize: 9 })).toEqual([]);
  });

  test('stops where no pair is frequent enough, or tokens would be too long', async () => {
    const recordings = [[0, 1, 0, 1, 0, 1]];
    expect(await train(recordings, { unitCount: 2, vocabularySize: 9 })).toEqual([0, 1, 2, 2]);
    expect(await train(recordings, { unitCount: 2, vocabularySize: 9, minFrequency: 3 })).toEqual([0, 1]);
    expect(await train(recordings, { unitCount: 2, vocabularySize: 9, minFrequency: 4 })).toEqual([]);
    expect(await train(recordings, { unitCount: 2, vocabularySize: 9, minFrequency: 1 })).toEqual([0, 1, 2, 2, 3, 2]);
    const short = { minFrequency: 1, maximumTokenUnits: 3 };
    expect(await train(recordings, { unitCount: 2, vocabularySize: 9, ...short })).toEqual([0, 1]);
    expect(await train([[0, 0, 0]], { unitCount: 1, vocabularySize: 9, ...short })).toEqual([0, 0, 1, 0]);
  });

  test('learns what counting every pair anew before each merge learns', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyRecordings,
        fc.constantFrom(1, 2, 3),
        fc.constantFrom(undefined, 2, 3, 5),
        async ({ unitCount, recordings }, minFrequency, maximumTokenUnits) => {
          const limit = maximumTokenUnits === undefined ? {} : { maximumTokenUnits };
          const options = { unitCount, vocabularySize: unitCount + 40, minFrequency, ...limit };
          expect(await trainBytePairs(unitsOf(...recordings), options)).toEqual(trainNaively(recordings, options));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('the order of recordings does not matter, nor where they come from', async () => {
    const random = createRandom('recordings');
    const recordings = Array.from({ length: 20 }, (_, index) =>
      Uint32Array.from({ length: 30 * index }, () => random.nextInteger(2) * random.nextInteger(8)),
    );
    const options = { unitCount: 8, vocabularySize: 60 };
    const merges = await trainBytePairs(recordings, options);
    expect(merges.pairs).toHaveLength(2 * 52);
    expect(await trainBytePairs(recordings.toReversed(), options)).toEqual(merges);
    const stream = async function* () {
      for (const units of recordings) {
        // The same array every time: what is given is copied.
        const shared = units.slice();
        yield shared;
        shared.fill(0);
      }
    };
    expect(await trainBytePairs(stream(), options)).toEqual(merges);
  });

  test('grows past every first size: many pairs, long lists of places', async () => {
    const random = createRandom('large');
    const skewed = () => Math.floor(3000 * random.nextUnit() ** 3);
    const recordings = Array.from({ length: 6 }, () => Array.from({ length: 2000 }, skewed));
    const options = { unitCount: 3000, vocabularySize: 3150, minFrequency: 2 };
    const merges = await trainBytePairs(unitsOf(...recordings), options);
    expect(merges.pairs).toHaveLength(300);
    expect(merges).toEqual(trainNaively(recordings, options));
    const long = await trainBytePairs([new Uint32Array(48 * 65_536)], {
      unitCount: 1,
      vocabularySize: 20,
      minFrequency: 1,
    });
    // Pairs of pairs, up to the longest token.
    expect([...long.pairs.subarray(0, 32)]).toEqual(Array.from({ length: 32 }, (_, index) => index >> 1));
    expect(long.pairs).toHaveLength(32);
  });
});

describe('a long call', () => {
  const random = createRandom('long');
  const recordings = Array.from({ length: 300 }, () =>
    Uint32Array.from({ length: 2000 }, () => Math.floor(500 * random.nextUnit() ** 2)),
  );
  const options = { unitCount: 500, vocabularySize: 20_000, minFrequency: 1 };

  test('tells how far it is', async () => {
    const seen: { stage: string; done: number; total?: number }[] = [];
    await trainBytePairs(recordings.slice(0, 10), { ...options, onProgress: (progress) => seen.push(progress) });
    expect(seen.slice(0, 10).map(({ done }) => done)).toEqual(
      Array.from({ length: 10 }, (_, index) => 2000 * (index + 1)),
    );
    expect(seen.at(-1)).toMatchObject({ stage: 'Learning byte pairs', total: 19_500, unit: 'tokens' });
    const learnt = seen.filter(({ stage }) => stage === 'Learning byte pairs').map(({ done }) => done);
    expect(learnt).toEqual(learnt.toSorted((a, b) => a - b));
    expect(learnt.at(-1)).toBeGreaterThan(1000);
  });

  test('gives way to other work, and ends promptly with the reason of an abort', async () => {
    const reason = new Error('enough');
    await expect(trainBytePairs([], { ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const reading = (function* () {
      yield recordings[0]!;
      controller.abort(reason);
      yield recordings[0]!;
      throw new Error('asked for more');
    })();
    await expect(trainBytePairs(reading, { ...options, signal: controller.signal })).rejects.toBe(reason);
    const later = new AbortController();
    let turns = 0;
    const timer = setInterval(() => {
      turns++;
      if (turns === 2) later.abort(reason);
    }, 1);
    try {
      await expect(trainBytePairs(recordings, { ...options, signal: later.signal })).rejects.toBe(reason);
    } finally {
      clearInterval(timer);
    }
  });

  test('a failure of the recordings comes through', async () => {
    const failing = (async function* () {
      yield recordings[0]!;
      throw new Error('the disk is gone');
    })();
    await expect(trainBytePairs(failing, options)).rejects.toThrow('the disk is gone');
  });
});

test('refuses what is no array of integers', async () => {
  const lists = [[0, 1]] as unknown as Uint32Array[];
  await expect(trainBytePairs(lists, { unitCount: 3, vocabularySize: 9 })).rejects.toMatchObject({
    code: 'argument-invalid',
    details: { argument: 'recordings' },
  });
});

test.each<[string, Partial<TrainBytePairsOptions>, string, RegExp]>([
  ['no units', { unitCount: 0 }, 'unitCount', /found 0, wanted 1 to/],
  ['units that are no number', { unitCount: Number.NaN }, 'unitCount', /found NaN/],
  [
    'a vocabulary without tokens',
    { vocabularySize: 3 },
    'vocabularySize',
    /found 3, wanted 4 \(one more than the units\) to/,
  ],
  ['a fractional vocabulary', { vocabularySize: 9.5 }, 'vocabularySize', /found 9.5/],
  [
    'a vocabulary beyond the limit',
    { vocabularySize: maximumVocabularySize + 1 },
    'vocabularySize',
    /wanted 4 .* to 1048579/,
  ],
  ['a frequency of 0', { minFrequency: 0 }, 'minFrequency', /found 0, wanted 1 to/],
  ['tokens of one unit', { maximumTokenUnits: 1 }, 'maximumTokenUnits', /found 1, wanted 2 to 65536/],
  ['a unit out of range', {}, 'recordings', /A unit is out of range: found 3 at 1, wanted 0 to 2/],
])('refuses %s', async (_name, change, argument, message) => {
  const recordings = argument === 'recordings' ? [[0, 3]] : [[0, 1]];
  const call = trainBytePairs(unitsOf(...recordings), { unitCount: 3, vocabularySize: 9, ...change });
  const error = await call.catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'argument-invalid', details: { argument } });
  expect((error as Error).message).toMatch(message);
});
