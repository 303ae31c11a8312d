import { createRandom } from '@speech-tokens/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  affineNorm,
  convRows,
  convRowsByTaps,
  GraphBuilder,
  type GraphTensor,
  nearestCodes,
  openGraphSession,
  projection,
  sumOfCodes,
  transposedConvRows,
  transposedConvRowsByTaps,
  type WeightScope,
  withReplicatedStart,
} from '../src/index.ts';
import { largestDifference, runOnce, runOnRows } from './run-graph.ts';

const random = createRandom('rows');
const gaussians = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.nextGaussian());
const rowsOf = (count: number, width: number): number[][] => Array.from({ length: count }, () => [...gaussians(width)]);

type Conv = typeof convRows | typeof convRowsByTaps;

test('a convolution by taps equals the one by one product, whatever its taps, strides and widths', async () => {
  const shapes = fc.record({
    out: fc.integer({ min: 1, max: 5 }),
    // From widths that join all taps of a stride to one that is cut into columns.
    inChannels: fc.constantFrom(1, 3, 200, 512, 800, 1_024, 1_700),
    kernel: fc.integer({ min: 1, max: 9 }),
    stride: fc.integer({ min: 1, max: 6 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    runs: fc.integer({ min: 1, max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(shapes, async ({ out, inChannels, kernel, stride, dilation: any, runs }) => {
      const dilation = stride > 1 ? 1 : any;
      const taps = Math.ceil(kernel / stride);
      const history = dilation * (taps * stride - stride);
      const weight = gaussians(out * inChannels * kernel);
      const bias = gaussians(out);
      const x = rowsOf(history + runs * stride, inChannels);
      const build = (conv: Conv) => (g: GraphBuilder, merged: GraphTensor) => {
        // So that lengths are multiples of the stride and a fixed history, as in a stream.
        const rows = g.node('Reshape', [merged, g.int64s([-1, inChannels])], {
          elementType: 'float32',
          shape: [{ symbol: 'rows', times: stride, plus: history }, inChannels],
        });
        const parts = { weight: g.constant(weight, [out, inChannels, kernel]), bias: g.constant(bias, [out]) };
        return conv(g, parts, rows, { stride, dilation });
      };
      const [wanted] = await runOnRows(build(convRows), [[x.flat()]]);
      const [found] = await runOnRows(build(convRowsByTaps), [[x.flat()]]);
      expect(wanted!.length).toBe(runs * out);
      expect(largestDifference(found!, wanted!)).toBeLessThan(2e-4);
    }),
    { numRuns: 60 },
  );
});

test('a transposed convolution by taps equals the one by one product', async () => {
  for (const [inChannels, out, kernel, stride] of [
    [3, 2, 16, 8],
    [1_024, 2, 4, 2],
    [2_000, 1, 6, 2],
    [5, 4, 3, 3],
  ] as const) {
    const weight = gaussians(inChannels * out * kernel);
    const bias = gaussians(out);
    const build = (conv: typeof transposedConvRows) => (g: GraphBuilder, x: GraphTensor) =>
      conv(g, { weight: g.constant(weight, [inChannels, out, kernel]), bias: g.constant(bias, [out]) }, x, { stride });
    const x = rowsOf(7, inChannels);
    const [wanted] = await runOnRows(build(transposedConvRows), [x]);
    const [found] = await runOnRows(build(transposedConvRowsByTaps), [x]);
    expect(wanted!.length).toBe((7 - kernel / stride + 1) * stride * out);
    expect(largestDifference(found!, wanted!)).toBeLessThan(2e-4);
  }
});

test('the values of a row do not depend on how many are computed with it', async () => {
  const [inChannels, out] = [1_024, 70];
  const weight = gaussians(out * inChannels * 3);
  const builds: readonly [taps: number, build: (g: GraphBuilder, x: GraphTensor) => GraphTensor][] = [
    [3, (g, x) => convRowsByTaps(g, { weight: g.constant(weight, [out, inChannels, 3]) }, x)],
    [
      1,
      (g, x) => {
        const matrix = g.constant(weight.subarray(0, out * inChannels), [out, inChannels]);
        return projection(g, matrix, x, { bias: g.constant(weight.subarray(0, out), [out]), longestSum: 64 });
      },
    ],
  ];
  const x = rowsOf(40, inChannels);
  for (const [taps, build] of builds) {
    const [whole] = await runOnRows(build, [x]);
    for (const count of [1, 2, 3, 7, 20]) {
      const starts = x.map((_, at) => at).filter((at) => at % count === 0 && at + count + taps - 1 <= x.length);
      const parts = await runOnRows(
        build,
        starts.map((at) => x.slice(at, at + count + taps - 1)),
      );
      for (const [i, at] of starts.entries()) expect(parts[i]).toEqual(whole!.slice(at * out, (at + count) * out));
    }
  }
}, 30_000);

test('a projection in shorter sums has the same values, more exactly', async () => {
  const [width, out] = [300, 40];
  const [weight, bias] = [gaussians(out * width), gaussians(out)];
  const x = rowsOf(30, width);
  const wanted = x.flatMap((row) => {
    const values = Float32Array.from(row);
    return Array.from(
      bias,
      (b, o) => b + 2 * values.reduce((sum, value, i) => sum + value * weight[o * width + i]!, 0),
    );
  });
  const error = async (longestSum?: number): Promise<number> => {
    const options = { scale: 2, ...(longestSum === undefined ? {} : { longestSum }) };
    const [found] = await runOnRows(
      (g, rows) => projection(g, g.constant(weight, [out, width]), rows, { bias: g.constant(bias, [out]), ...options }),
      [x],
    );
    expect(largestDifference(found!, wanted)).toBeLessThan(2e-4);
    return Math.sqrt(found!.reduce((sum, value, i) => sum + (value - wanted[i]!) ** 2, 0) / wanted.length);
  };
  expect(await error(1_000)).toBe(await error());
  expect(await error(64)).toBeLessThan(0.7 * (await error()));
});

test('projections, layer norm and the exponential unit follow their definitions', async () => {
  const x = rowsOf(5, 6);
  const [weight, bias, shift] = [gaussians(4 * 6), gaussians(4), gaussians(6)];
  const [projected] = await runOnRows(
    (g, rows) => projection(g, g.constant(weight, [4, 6]), rows, { bias: g.constant(bias, [4]), scale: 3 }),
    [x],
  );
  const products = x.flatMap((row) =>
    Array.from(bias, (b, o) => b + 3 * row.reduce((sum, value, i) => sum + value * weight[o * 6 + i]!, 0)),
  );
  expect(largestDifference(projected!, products)).toBeLessThan(1e-5);

  const [normed] = await runOnRows(
    (g, rows) => {
      const values = { weight: weight.slice(0, 6), bias: shift };
      const weights = {
        tensor: (_: GraphBuilder, name: 'weight' | 'bias') => g.constant(values[name], [6]),
      } as unknown as WeightScope;
      return affineNorm(g, weights, rows, 0.5);
    },
    [x],
  );
  const norms = x.flatMap((row) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / 6;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 6;
    return row.map((value, i) => ((value - mean) / Math.sqrt(variance + 0.5)) * weight[i]! + shift[i]!);
  });
  expect(largestDifference(normed!, norms)).toBeLessThan(1e-5);
});

test('a replicated start repeats the first row of the stream, and of no other chunk', async () => {
  const chunks = [
    [[4], [5]],
    [[6], [7]],
    [[8], [9]],
  ];
  expect(await runOnRows((g, x) => withReplicatedStart(g, x, 2), chunks)).toEqual([
    [4, 4, 4, 5],
    [4, 5, 6, 7],
    [6, 7, 8, 9],
  ]);
});

// The wide ones are searched in several sums.
test.each([5, 150])('codes (width %i) are nearest to what is left, and decode to their sum', async (width) => {
  const [count, size, frames] = [3, 16, 40];
  const books = Array.from({ length: count }, () => gaussians(size * width));
  const latents = gaussians(frames * width);
  const tables = (g: GraphBuilder) => books.map((book) => g.constant(book, [size, width]));
  const { codes } = await runOnce(
    (g) => {
      const ids = nearestCodes(g, g.input('x', 'float32', [frames, width]), tables(g));
      g.output('codes', g.node('Cast', [ids], { elementType: 'int32', shape: ids.shape }, { to: 6 }));
    },
    { x: { values: latents, shape: [frames, width] } },
  );
  const sums = new Float32Array(frames * width);
  for (let t = 0; t < frames; t++) {
    const left = latents.slice(t * width, (t + 1) * width);
    for (const [k, book] of books.entries()) {
      const distance = (id: number): number =>
        left.reduce((sum, value, d) => sum + (value - book[id * width + d]!) ** 2, 0);
      const nearest = Array.from({ length: size }, (_, id) => id).reduce((best, id) =>
        distance(id) < distance(best) ? id : best,
      );
      expect(codes![t * count + k]).toBe(nearest);
      for (let d = 0; d < width; d++) {
        left[d]! -= book[nearest * width + d]!;
        if (k !== 1) sums[t * width + d]! += book[nearest * width + d]!;
      }
    }
  }
  const withoutSecond = Int32Array.from(codes!, (id, i) => (i % count === 1 ? size : id));
  const { y } = await runOnce(
    (g) => g.output('y', sumOfCodes(g, g.input('codes', 'int32', [frames, count]), tables(g))),
    { codes: { values: withoutSecond, shape: [frames, count] } },
  );
  expect(largestDifference(y!, sums)).toBeLessThan(1e-6);
});

test('outputs carry the values of nodes, inputs and constants, under as many names as asked for', async () => {
  const g = new GraphBuilder('outputs');
  const x = g.input('x', 'float32', [2]);
  const doubled = g.node('Add', [x, x], x);
  g.output('first', doubled);
  g.output('second', doubled);
  g.output('input', x);
  g.output('constant', g.constant(Float32Array.of(7), [1]));
  g.output('after', g.node('Add', [doubled, x], x));
  const session = await openGraphSession(g.build(), { weightsDirectory: '.' });
  const results = await session.run({ x: { values: Float32Array.of(1, 2), shape: [2] } }, session.createState());
  const plain = Object.fromEntries(Object.entries(results).map(([name, values]) => [name, [...values]]));
  expect(plain).toEqual({ first: [2, 4], second: [2, 4], input: [1, 2], constant: [7], after: [3, 6] });
  await session.close();
});
