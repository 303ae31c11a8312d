import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CodeUse, histogramColumns, histogramText } from '../src/histogram/code-histogram.ts';
import { histogramPicture } from '../src/histogram/histogram-picture.ts';

const use = (size: number, counts: Readonly<Record<number, number>>): CodeUse => ({
  name: 'coarse',
  size,
  codeCounts: Object.entries(counts)
    .map(([id, count]) => ({ id: Number(id), count }))
    .sort((one, other) => other.count - one.count || one.id - other.id),
});

test('columns are those of the ids, or of the counts from the most frequent down', () => {
  const few = use(6, { 1: 2, 4: 7, 5: 1 });
  const counts = (order: 'id' | 'count') => histogramColumns(few, order, 256).map(({ mostCount }) => mostCount);
  expect(counts('id')).toEqual([0, 2, 0, 0, 7, 1]);
  expect(counts('count')).toEqual([7, 2, 1, 0, 0, 0]);
  expect(histogramColumns(few, 'id', 3)).toEqual([
    { codeCount: 2, unusedCodeCount: 1, mostCount: 2 },
    { codeCount: 2, unusedCodeCount: 2, mostCount: 0 },
    { codeCount: 2, unusedCodeCount: 0, mostCount: 7 },
  ]);
});

test('every code is in one column, whatever the size, and unused ones are counted', () => {
  const counts = fc.dictionary(fc.nat({ max: 999 }).map(String), fc.integer({ min: 1, max: 50 }), { maxKeys: 200 });
  fc.assert(
    fc.property(counts, fc.integer({ min: 1000, max: 5000 }), fc.constantFrom('id', 'count'), (found, size, order) => {
      const columns = histogramColumns(use(size, found), order, 256);
      const sum = (of: 'codeCount' | 'unusedCodeCount') => columns.reduce((total, column) => total + column[of], 0);
      expect(columns).toHaveLength(256);
      expect(sum('codeCount')).toBe(size);
      expect(sum('unusedCodeCount')).toBe(size - Object.keys(found).length);
      expect(columns.every(({ unusedCodeCount }) => unusedCodeCount >= 0)).toBe(true);
    }),
  );
});

test('what is seen is said in words', () => {
  expect(histogramText(use(8, { 3: 5, 1: 3, 2: 1, 7: 1 }))).toBe(
    'coarse: 4 of 8 codes occur, 4 are unused. The most frequent is id 3, 5 times (50.0 %). ' +
      'One code makes up half of all 10 tokens; 2 occur once.',
  );
  expect(histogramText(use(8, {}))).toBe('coarse: none of its 8 codes occurs.');
});

test('a picture has a bar for what occurs and a mark under the line for what does not', () => {
  const { used, unused, viewBox, label } = histogramPicture(use(4, { 0: 1000, 2: 1 }), 'id');
  expect(viewBox).toBe('0 0 4 56');
  expect(used).toBe('M0 48h1v-48h-1zM2 48h1v-1h-1z');
  expect(unused).toBe('M1 49h1v7h-1zM3 49h1v7h-1z');
  expect(label).toBe('coarse, codes by id');
  expect(histogramPicture(use(4, {}), 'count').used).toBe('');
});
