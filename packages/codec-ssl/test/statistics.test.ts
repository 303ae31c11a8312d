import fc from 'fast-check';
import { expect, test } from 'vitest';
import { distanceBuckets } from '../src/wave/relative-bias.ts';
import { windowStatistics } from '../src/wave/window-statistics.ts';

test('the root of the covariance gives the deviation of every filter, also of silence and constants', () => {
  const signals = fc.oneof(
    fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 10, maxLength: 60 }),
    fc.constant(new Array<number>(40).fill(0)),
    fc.constant(new Array<number>(40).fill(0.7)),
    fc.constant(Array.from({ length: 60 }, (_, n) => Math.sin(n / 3))),
  );
  const filters = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 10, maxLength: 10 });
  fc.assert(
    fc.property(signals, filters, (signal, filter) => {
      const samples = Float32Array.from(signal);
      const { mean, covarianceRoot } = windowStatistics(samples, 10, 5);
      const outputs: number[] = [];
      for (let start = 0; start + 10 <= samples.length; start += 5) {
        outputs.push(filter.reduce((sum, tap, i) => sum + tap * samples[start + i]!, 0));
      }
      const average = outputs.reduce((sum, value) => sum + value, 0) / outputs.length;
      const variance = outputs.reduce((sum, value) => sum + (value - average) ** 2, 0) / outputs.length;
      let squares = 0;
      for (let column = 0; column < 10; column++) {
        squares += filter.reduce((sum, tap, row) => sum + tap * covarianceRoot[row * 10 + column]!, 0) ** 2;
      }
      expect(filter.reduce((sum, tap, i) => sum + tap * mean[i]!, 0)).toBeCloseTo(average, 5);
      expect(Math.sqrt(squares)).toBeCloseTo(Math.sqrt(variance), 5);
    }),
  );
});

test('distances share buckets as in the authors’ code', () => {
  // transformers, WavLMAttention._relative_positions_bucket with 12 buckets and a distance of 9.
  expect([...distanceBuckets(12, 9)]).toEqual([5, 5, 5, 4, 4, 3, 3, 2, 1, 0, 7, 8, 9, 9, 10, 10, 11, 11, 11]);
  const published = distanceBuckets(320, 800);
  expect([published[0], published[720], published[800], published[801], published[1_600]]).toEqual([
    159, 80, 0, 161, 319,
  ]);
  // All 1601 of them, by a weighted sum.
  expect(published.reduce((sum, bucket, i) => sum + (i + 1) * bucket, 0)).toBe(313_194_204);
});
