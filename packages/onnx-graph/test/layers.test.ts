import { createRandom } from '@speech-tokens/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  concat,
  type GraphBuilder,
  type GraphTensor,
  overlapAddSpectrum,
  residualDecode,
  residualEncode,
  shortTimeSpectrum,
  spectrumWidth,
  withHistory,
} from '../src/index.ts';
import { largestDifference, runOnce, runOnRows } from './run-graph.ts';

const random = createRandom('layers');
const gaussians = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.nextGaussian());

/** Cuts rows into chunks of the given sizes, again and again. */
function chunked(rows: number[][], sizes: readonly number[]): number[][][] {
  const chunks: number[][][] = [];
  for (let at = 0, i = 0; at < rows.length; i++) {
    const size = sizes[i % sizes.length]!;
    chunks.push(rows.slice(at, at + size));
    at += size;
  }
  return chunks;
}

const toRows = (samples: Float32Array, width: number): number[][] =>
  Array.from({ length: samples.length / width }, (_, i) => [...samples.subarray(i * width, (i + 1) * width)]);

test('a spectrum in chunks equals the whole, bit for bit, and is the Fourier transform of the window before', async () => {
  const [hop, window] = [4, 12];
  const samples = gaussians(hop * 40);
  const both = (g: GraphBuilder, x: GraphTensor): GraphTensor => {
    const { real, imaginary } = shortTimeSpectrum(g, x, window);
    return concat(g, [real, imaginary], 1);
  };
  const rows = toRows(samples, hop);
  const [whole] = await runOnRows(both, [rows]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }), async (sizes) => {
      expect((await runOnRows(both, chunked(rows, sizes))).flat()).toEqual(whole);
    }),
    { numRuns: 8 },
  );
  const width = spectrumWidth(window);
  const frame = 7;
  for (let bin = 0; bin <= window / 2; bin++) {
    let [re, im] = [0, 0];
    for (let n = 0; n < window; n++) {
      const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / window);
      const sample = hann * samples[(frame + 1) * hop - window + n]!;
      re += sample * Math.cos((2 * Math.PI * bin * n) / window);
      im -= sample * Math.sin((2 * Math.PI * bin * n) / window);
    }
    expect(whole![frame * 2 * width + bin]).toBeCloseTo(re, 4);
    expect(whole![frame * 2 * width + width + bin]).toBeCloseTo(im, 4);
  }
});

test('overlap-add undoes the spectrum, one window less one hop later', async () => {
  const [hop, window] = [4, 12];
  const samples = gaussians(hop * 40);
  const inOneScope = (g: GraphBuilder, x: GraphTensor): GraphTensor =>
    g.scope('there', () => overlapAddSpectrum(g, shortTimeSpectrum(g, x, window), window, hop));
  const both = (g: GraphBuilder, x: GraphTensor): GraphTensor => {
    const spectrum = g.scope('analysis', () => shortTimeSpectrum(g, x, window));
    return g.scope('synthesis', () => overlapAddSpectrum(g, spectrum, window, hop));
  };
  const result = (await runOnRows(both, chunked(toRows(samples, hop), [3, 1, 8]))).flat();
  const delay = window - hop;
  expect(largestDifference(result.slice(delay), samples.subarray(0, -delay))).toBeLessThan(1e-5);
  await expect(runOnRows(inOneScope, [toRows(samples, hop)])).rejects.toThrow(
    'test/there: state history: found two of this name',
  );
});

test('history gives the rows before, zeros at first', async () => {
  const chunks = [[[1], [2]], [[3]], [[4], [5]]];
  expect(await runOnRows((g, x) => withHistory(g, x, 2), chunks)).toEqual([
    [0, 0, 1, 2],
    [1, 2, 3],
    [2, 3, 4, 5],
  ]);
});

test('residual codes are the nearest neighbours of what is left, and decode to their sum', async () => {
  const [count, size, width, frames] = [3, 16, 5, 40];
  const books = gaussians(count * size * width);
  const latents = gaussians(frames * width);
  const codebooks = (g: GraphBuilder): GraphTensor => g.constant(books, [count, size, width]);
  const { codes } = await runOnce(
    (g) => g.output('codes', residualEncode(g, g.input('x', 'float32', [frames, width]), codebooks(g), count)),
    { x: { values: latents, shape: [frames, width] } },
  );
  const wanted: number[] = [];
  const sums = new Float32Array(frames * width);
  for (let t = 0; t < frames; t++) {
    const left = latents.slice(t * width, (t + 1) * width);
    for (let k = 0; k < count; k++) {
      const distance = (id: number): number =>
        left.reduce((sum, v, d) => sum + (v - books[(k * size + id) * width + d]!) ** 2, 0);
      const ids = Array.from({ length: size }, (_, id) => id);
      const nearest = ids.reduce((best, id) => (distance(id) < distance(best) ? id : best));
      wanted.push(nearest);
      for (let d = 0; d < width; d++) {
        const value = books[(k * size + nearest) * width + d]!;
        left[d]! -= value;
        if (k < 2) sums[t * width + d]! += value;
      }
    }
  }
  expect([...codes!]).toEqual(wanted);
  expect(new Set(wanted).size).toBeGreaterThan(8);
  const firstTwo = Int32Array.from(wanted, (id, i) => (i % count === 2 ? size : id));
  const { y } = await runOnce(
    (g) => g.output('y', residualDecode(g, g.input('codes', 'int32', [frames, count]), codebooks(g))),
    { codes: { values: firstTwo, shape: [frames, count] } },
  );
  expect(largestDifference(y!, sums)).toBeLessThan(1e-6);
});
