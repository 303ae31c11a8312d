import { expect, test } from 'vitest';
import { firstDifferences } from './first-differences.ts';

const track = (ids: readonly number[], hopSamples = 10) => ({ ids: Uint32Array.from(ids), hopSamples });
const wanted = (...rows: readonly (readonly number[])[]) => rows.map((ids) => Uint32Array.from(ids));

test('a code that differs after another in its frame follows from it, also with equal ones between', () => {
  const found = [track([1, 1, 1]), track([1, 2, 1]), track([1, 1, 1]), track([1, 2, 3])];
  expect(firstDifferences(found, wanted([1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1]), [0])).toEqual([
    { codebook: 1, frame: 1, found: 2, wanted: 1, followers: 1 },
    { codebook: 3, frame: 2, found: 3, wanted: 1, followers: 0 },
  ]);
});

test('a codebook that quantizes the latents themselves starts anew', () => {
  const found = [track([2]), track([2]), track([2])];
  expect(firstDifferences(found, wanted([1], [1], [1]), [0, 1])).toEqual([
    { codebook: 0, frame: 0, found: 2, wanted: 1, followers: 0 },
    { codebook: 1, frame: 0, found: 2, wanted: 1, followers: 1 },
  ]);
});

test('a coarse frame covers the finer ones of its time, and no others', () => {
  const found = [track([1, 2], 20), track([1, 3, 4, 5])];
  expect(firstDifferences(found, wanted([1, 1], [1, 1, 1, 1]), [0])).toEqual([
    { codebook: 0, frame: 1, found: 2, wanted: 1, followers: 2 },
    { codebook: 1, frame: 1, found: 3, wanted: 1, followers: 0 },
  ]);
});
