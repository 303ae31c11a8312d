import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ticksIn, timeLabel } from '../src/time/ticks.ts';
import { clampedRange, lengthOf, movedRange, rangeShowing, zoomedRange } from '../src/time/time-range.ts';

const limits = { sampleCount: 16_000, leastSamples: 64 };
const ranges = fc
  .tuple(fc.double({ min: 0, max: 15_900, noNaN: true }), fc.double({ min: 64, max: 16_000, noNaN: true }))
  .map(([startSample, length]) => clampedRange({ startSample, endSample: startSample + length }, limits));
const isWithin = ({ startSample, endSample }: { startSample: number; endSample: number }): boolean =>
  startSample >= 0 && endSample <= 16_000 + 1e-6 && endSample - startSample >= 64 - 1e-6;

describe('ranges', () => {
  test('never leave the recording, and keep what is under the pointer where it can stay', () => {
    fc.assert(
      fc.property(
        ranges,
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: -20_000, max: 20_000, noNaN: true }),
        (range, factor, place, by) => {
          const anchor = range.startSample + place * lengthOf(range);
          const zoomed = zoomedRange(range, factor, anchor, limits);
          expect(isWithin(zoomed)).toBe(true);
          const isFree = zoomed.startSample > 1e-6 && zoomed.endSample < 16_000 - 1e-6;
          if (isFree) expect((anchor - zoomed.startSample) / lengthOf(zoomed)).toBeCloseTo(place, 5);
          const moved = movedRange(range, by, limits);
          expect(isWithin(moved)).toBe(true);
          expect(lengthOf(moved)).toBeCloseTo(lengthOf(range), 5);
        },
      ),
    );
  });

  test('a recording shorter than the closest zoom, and an empty one, are shown whole', () => {
    for (const sampleCount of [0, 1, 10]) {
      const range = zoomedRange({ startSample: 0, endSample: 5 }, 0.1, 2, { sampleCount, leastSamples: 64 });
      expect(range).toEqual({ startSample: 0, endSample: Math.max(1, sampleCount) });
    }
  });

  test('a sample is brought into view by the shortest way', () => {
    const range = { startSample: 4_000, endSample: 5_000 };
    expect(rangeShowing(range, 4_500, limits)).toBe(range);
    expect(rangeShowing(range, 6_000, limits)).toEqual({ startSample: 5_100, endSample: 6_100 });
    expect(rangeShowing(range, 1_000, limits)).toEqual({ startSample: 900, endSample: 1_900 });
    expect(rangeShowing(range, 10, limits)).toEqual({ startSample: 0, endSample: 1_000 });
  });
});

describe('ticks', () => {
  test('are round, in the range, and no more than have room', () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 1, max: 30 }), (range, most) => {
        const ticks = ticksIn(range, 16_000, most);
        expect(ticks.length).toBeLessThanOrEqual(most + 1);
        for (const { sample } of ticks) {
          expect(sample).toBeGreaterThanOrEqual(range.startSample - 1);
          expect(sample).toBeLessThanOrEqual(range.endSample + 1);
        }
      }),
    );
    const labels = ticksIn({ startSample: 0, endSample: 16_000 }, 16_000, 5).map(({ label }) => label);
    expect(labels).toEqual(['0.0 s', '0.2 s', '0.4 s', '0.6 s', '0.8 s', '1.0 s']);
  });

  test('have as many digits as their step needs', () => {
    expect([
      timeLabel(0.125, 0.001),
      timeLabel(7, 1),
      timeLabel(59.96, 0.1),
      timeLabel(59.99, 0.1),
      timeLabel(61.5, 0.5),
      timeLabel(3_725, 5),
    ]).toEqual(['0.125 s', '7 s', '1:00.0', '1:00.0', '1:01.5', '1:02:05']);
  });
});
