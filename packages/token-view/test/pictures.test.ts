import { createRandom } from '@speech-tokens/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPeakPyramid, createSpectrogram, frequencyScales, peaksIn } from '../src/index.ts';
import { binsOfRows, frequencyAt } from '../src/spectrogram/frequency-scale.ts';
import { peaksOfCurve, peaksOfSamples } from '../src/waveform/peak-pyramid.ts';

const random = createRandom('pictures');
const noise = (count: number): Float32Array =>
  Float32Array.from({ length: count }, () => Math.max(-1, Math.min(1, 0.3 * random.nextGaussian())));

/** In pieces of random lengths. */
function pushed(samples: Float32Array, push: (piece: readonly Float32Array[]) => void): void {
  for (let at = 0; at < samples.length; ) {
    const length = 1 + random.nextInteger(5_000);
    push([samples.subarray(at, at + length)]);
    at += length;
  }
}

describe('peaks', () => {
  test('hold every sample of a column, at any zoom, and none further than a block away', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: -0.2, max: 1, noNaN: true }),
        fc.double({ min: 0.001, max: 1.2, noNaN: true }),
        (count, columns, from, length) => {
          const samples = noise(count);
          const builder = createPeakPyramid(16);
          pushed(samples, builder.push);
          const [start, end] = [from * count, (from + length) * count];
          const peaks = peaksIn(builder.result(), start, end, columns);
          for (let column = 0; column < columns; column += Math.ceil(columns / 20)) {
            const first = Math.ceil(start + ((end - start) * column) / columns);
            const last = Math.floor(start + ((end - start) * (column + 1)) / columns) - 1;
            if (last < 0 || first >= count) continue;
            const [low, high] = [peaks[2 * column]!, peaks[2 * column + 1]!];
            for (let i = Math.max(0, first); i <= Math.min(count - 1, last); i++) {
              expect(samples[i]!).toBeGreaterThanOrEqual(low - 1e-4);
              expect(samples[i]!).toBeLessThanOrEqual(high + 1e-4);
            }
            const slack = Math.max(16, (2 * (end - start)) / columns);
            const near = samples.subarray(Math.max(0, first - slack), Math.max(0, last + slack + 2));
            if (near.length > 0) expect(high).toBeLessThanOrEqual(Math.max(...near) + 1e-4);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('there are none outside of the recording, nor of an empty one', () => {
    const builder = createPeakPyramid(16);
    expect([...peaksIn(builder.result(), 0, 10, 2)].every(Number.isNaN)).toBe(true);
    builder.push([Float32Array.of(0.5, -0.25), Float32Array.of(-1, 0)]);
    const peaks = peaksIn(builder.result(), -2, 4, 3);
    expect([...peaks]).toEqual([Number.NaN, Number.NaN, -1, expect.closeTo(0.5, 4), Number.NaN, Number.NaN]);
  });

  test('of samples themselves are exact, also of a part of the recording', () => {
    const random = createRandom('peaks of samples');
    const channels = [0, 1].map(() => Float32Array.from({ length: 500 }, () => 2 * random.nextUnit() - 1));
    const range = { startSample: 100, endSample: 400 };
    const part = channels.map((samples) => samples.subarray(90, 410));
    const peaks = peaksOfSamples(part, 90, range, 60);
    for (let column = 0; column < 60; column++) {
      const values = channels.flatMap((samples) => [...samples.subarray(100 + 5 * column, 105 + 5 * column)]);
      expect([peaks[2 * column], peaks[2 * column + 1]]).toEqual([Math.min(...values), Math.max(...values)]);
    }
    // Beyond what is there is nothing.
    expect([...peaksOfSamples(part, 90, { startSample: 420, endSample: 430 }, 2)].every(Number.isNaN)).toBe(true);
  });

  test('of the curve through samples join, and hold the curve, also where a column has no sample of its own', () => {
    const [count, first] = [40, 100];
    const samples = noise(count);
    const curve = (place: number): number => {
      const before = Math.floor(place - first);
      const [from, to] = [samples[before]!, samples[Math.min(count - 1, before + 1)]!];
      return from + (to - from) * (place - first - before);
    };
    const columns = 100;
    const peaks = peaksOfCurve([samples], first, { startSample: 105.3, endSample: 130.1 }, columns);
    for (let column = 0; column < columns; column++) {
      const [low, high] = [peaks[2 * column]!, peaks[2 * column + 1]!];
      for (const part of [0, 0.3, 1]) {
        const value = curve(105.3 + ((130.1 - 105.3) * (column + part)) / columns);
        expect(value).toBeGreaterThanOrEqual(low - 1e-5);
        expect(value).toBeLessThanOrEqual(high + 1e-5);
      }
      if (column === 0) continue;
      expect(low).toBeLessThanOrEqual(peaks[2 * column - 1]! + 1e-5);
      expect(high).toBeGreaterThanOrEqual(peaks[2 * column - 2]! - 1e-5);
    }
    const beyond = peaksOfCurve([samples], first, { startSample: 136, endSample: 142 }, 6);
    expect([...beyond].map(Number.isNaN)).toEqual([...Array(8).fill(false), ...Array(4).fill(true)]);
  });

  test('what is no number is silence', () => {
    const builder = createPeakPyramid(16);
    builder.push([new Float32Array(16).fill(Number.NaN)]);
    expect([...peaksIn(builder.result(), 0, 16, 1)].some(Number.isNaN)).toBe(false);
  });
});

describe('spectrogram', () => {
  const sampleRateHz = 16_000;

  test('a sine at full scale has the highest level, at its frequency and time', () => {
    const samples = Float32Array.from({ length: 16_000 }, (_, n) =>
      n < 8_000 ? 0 : Math.sin((2 * Math.PI * 2_000 * n) / sampleRateHz),
    );
    const builder = createSpectrogram({ sampleRateHz, sampleCount: samples.length });
    pushed(samples, builder.push);
    const { levels, binCount, hopSamples } = builder.result();
    const column = (sample: number): Uint8Array => {
      const at = Math.floor(sample / hopSamples);
      return levels.subarray(at * binCount, (at + 1) * binCount);
    };
    const loud = column(12_000);
    expect(loud.indexOf(Math.max(...loud)) / binCount).toBeCloseTo(0.25, 1);
    expect(Math.max(...loud)).toBeGreaterThanOrEqual(254);
    expect(Math.max(...column(2_000))).toBe(0);
  });

  test('does not depend on the pieces, and covers recordings of any length with bounded columns', () => {
    for (const count of [0, 1, 100, 511, 512, 513, 40_000]) {
      const samples = noise(count);
      const whole = createSpectrogram({ sampleRateHz, sampleCount: count, mostColumns: 50 });
      const pieces = createSpectrogram({ sampleRateHz, sampleCount: count, mostColumns: 50 });
      whole.push([samples]);
      pushed(samples, pieces.push);
      const found = pieces.result();
      expect(found).toEqual(whole.result());
      expect(found.levels.length / found.binCount).toBe(Math.ceil(count / found.hopSamples));
      expect(found.levels.length / found.binCount).toBeLessThanOrEqual(50);
    }
  });

  test('a part has the columns of the whole, where its own lie', () => {
    const samples = noise(16_000);
    const whole = createSpectrogram({ sampleRateHz, sampleCount: 16_000 });
    whole.push([samples]);
    const part = createSpectrogram({ sampleRateHz, sampleCount: 8_000, firstSample: 4_000 });
    part.push([samples.subarray(4_000, 12_000)]);
    const [all, some] = [whole.result(), part.result()];
    expect([some.firstSample, some.hopSamples, all.hopSamples]).toEqual([4_000, 80, 80]);
    const columns = (from: number, to: number, { levels, binCount }: typeof all): Uint8Array =>
      levels.subarray(from * binCount, to * binCount);
    expect(columns(10, 90, some)).toEqual(columns(60, 140, all));
  });

  test('rows of every scale rise from 0 Hz, or near it, to half the rate, and leave no bin out', () => {
    for (const scale of frequencyScales) {
      expect(frequencyAt(1, scale, sampleRateHz)).toBeCloseTo(8_000);
      expect(frequencyAt(0, scale, sampleRateHz)).toBeLessThanOrEqual(50);
      const rows = binsOfRows(300, 256, scale, sampleRateHz).toReversed();
      expect(rows.at(-1)![1]).toBe(256);
      for (const [i, [first, end]] of rows.entries()) {
        expect(end).toBeGreaterThan(first);
        if (i > 0) expect(first).toBeLessThanOrEqual(rows[i - 1]![1]);
      }
    }
  });
});
