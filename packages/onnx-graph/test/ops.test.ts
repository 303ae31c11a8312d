import { createRandom } from '@speech-tokens/core';
import { describe, expect, test } from 'vitest';
import {
  argMaxLast,
  cast,
  concat,
  cumulativeSum,
  elu,
  floor,
  GraphBuildError,
  GraphBuilder,
  type GraphTensor,
  gatherRows,
  gelu,
  layerNorm,
  log,
  matMul,
  maximum,
  mergeRows,
  padLast,
  remainder,
  reshape,
  selectFirst,
  slice,
  splitRows,
  sumAxis,
  transpose,
} from '../src/index.ts';
import { largestDifference, runOnRows } from './run-graph.ts';

const random = createRandom('ops');
const rows = (count: number, width: number): number[][] =>
  Array.from({ length: count }, () => Array.from({ length: width }, () => Math.fround(random.nextGaussian())));

async function apply(build: (g: GraphBuilder, x: GraphTensor) => GraphTensor, x: number[][]): Promise<number[]> {
  const [result] = await runOnRows(build, [x]);
  return result!;
}

describe('operators give what they say', () => {
  const x = rows(6, 4);

  test('unary operators are nodes of their own', async () => {
    const positive = x.map((row) => row.map(Math.abs));
    expect(largestDifference(await apply(log, positive), positive.flat().map(Math.log))).toBeLessThan(1e-6);
    const erf = (z: number): number => {
      let sum = 0;
      let term = z;
      for (let n = 0; n < 60; n++) {
        sum += term / (2 * n + 1);
        term *= -(z * z) / (n + 1);
      }
      return (2 / Math.sqrt(Math.PI)) * sum;
    };
    const wanted = x.flat().map((v) => (v / 2) * (1 + erf(v / Math.SQRT2)));
    expect(largestDifference(await apply(gelu, x), wanted)).toBeLessThan(1e-6);
  });

  test('sums of integers over rows, and what a division leaves of them', async () => {
    const integers = [
      [3, -4],
      [5, 2],
      [-9, 7],
    ];
    const sums = (g: GraphBuilder, x: GraphTensor): GraphTensor => cumulativeSum(g, cast(g, x, 'int32'));
    const asFloats = (g: GraphBuilder, x: GraphTensor): GraphTensor => cast(g, x, 'float32');
    expect(await apply((g, x) => asFloats(g, sums(g, x)), integers)).toEqual([3, -4, 8, -2, -1, 5]);
    const modulo = (g: GraphBuilder, x: GraphTensor): GraphTensor =>
      asFloats(g, remainder(g, sums(g, x), g.constant(Int32Array.of(4), [])));
    expect(await apply(modulo, integers)).toEqual([3, 0, 0, 2, 3, 1]);
  });

  test('the greater of two, and the integer below', async () => {
    const values = [[-1.5, -1, 0.25, 2.75]];
    expect(await apply((g, x) => maximum(g, x, g.scalar(0)), values)).toEqual([0, 0, 0.25, 2.75]);
    expect(await apply(floor, values)).toEqual([-2, -1, 0, 2]);
  });

  test('the exponential linear unit, also where its exponential overflows', async () => {
    const wide = [[-90, -20, -1, -1e-6, 0, 1e-6, 1, 20, 90, 1e30]];
    const wanted = wide[0]!.map((value) => (value > 0 ? Math.fround(value) : Math.expm1(value)));
    expect(largestDifference(await apply(elu, wide), wanted)).toBeLessThan(1e-6);
  });

  test('layer norm has zero mean and unit variance in each row', async () => {
    const result = await apply((g, input) => layerNorm(g, input, 1e-6), x);
    for (let row = 0; row < 6; row++) {
      const values = result.slice(row * 4, row * 4 + 4);
      expect(values.reduce((a, b) => a + b)).toBeCloseTo(0, 5);
      expect(values.reduce((a, b) => a + b * b, 0) / 4).toBeCloseTo(1, 4);
    }
  });

  test('slices and concatenations', async () => {
    expect(await apply((g, input) => slice(g, input, 0, 1, { fromEnd: 2 }), x)).toEqual(x.slice(1, -2).flat());
    expect(await apply((g, input) => slice(g, input, 0, { fromEnd: 2 }, { fromEnd: 0 }), x)).toEqual(
      x.slice(-2).flat(),
    );
    const halves = (g: GraphBuilder, input: GraphTensor): GraphTensor =>
      concat(g, [slice(g, input, 1, 2, 4), slice(g, input, 1, 0, 2)], 1);
    expect(await apply(halves, x)).toEqual(x.flatMap(([a, b, c, d]) => [c, d, a, b]));
  });

  test('merged rows split into the same rows; padding adds zeros', async () => {
    expect(await apply((g, input) => mergeRows(g, splitRows(g, input, 2), 2), x)).toEqual(x.flat());
    expect(await apply((g, input) => padLast(g, input, 3), x)).toEqual(x.flatMap((row) => [...row, 0, 0]));
    expect(await apply((g, input) => padLast(g, input, 2), x)).toEqual(x.flat());
  });

  test('look-ups, arg max and sums', async () => {
    const table = [10, 11, 20, 21, 30, 31, 40, 41];
    const looked = await apply((g, input) => {
      const ids = reshape(g, argMaxLast(g, input), [input.shape[0]!]);
      return gatherRows(g, g.constant(Float32Array.from(table), [4, 2]), ids);
    }, x);
    const best = x.map((row) => row.indexOf(Math.max(...row)));
    expect(looked).toEqual(best.flatMap((id) => [10 * (id + 1), 10 * (id + 1) + 1]));
    const sums = await apply((g, input) => reshape(g, sumAxis(g, input, 1), [input.shape[0]!, 1]), x);
    expect(
      largestDifference(
        sums,
        x.map((row) => row.reduce((a, b) => a + b)),
      ),
    ).toBeLessThan(1e-5);
    const second = (g: GraphBuilder, input: GraphTensor): GraphTensor => {
      const matrices = g.constant(Float32Array.from([1, 0, 0, 0, 0, 1, 0, 0]), [2, 4, 1]);
      return matMul(g, input, selectFirst(g, matrices, 1));
    };
    expect(await apply(second, x)).toEqual(x.map((row) => row[1]));
  });

  test('transposition and casts', async () => {
    const twice = await apply((g, input) => transpose(g, transpose(g, input, [1, 0]), [1, 0]), x);
    expect(twice).toEqual(x.flat());
    const rounded = await apply((g, input) => cast(g, cast(g, input, 'int32'), 'float32'), x);
    expect(rounded.map((v) => v + 0)).toEqual(x.flat().map((v) => Math.trunc(v) + 0));
  });
});

describe('a graph whose parts do not fit is refused when it is built', () => {
  const frames = { symbol: 'frames', times: 1, plus: 0 };
  const cases: [string, (g: GraphBuilder, x: GraphTensor) => unknown][] = [
    ['matrix product', (g, x) => matMul(g, x, g.constant(new Float32Array(6), [3, 2]))],
    ['concatenation', (g, x) => concat(g, [x, g.constant(new Float32Array(3), [1, 3])], 0)],
    ['reshape', (g, x) => reshape(g, x, [frames, 5])],
    ['merged rows', (g, x) => mergeRows(g, x, 2)],
    ['split rows', (g, x) => splitRows(g, x, 3)],
    ['state history', (g, x) => g.state('history', 'float32', [2, 4]).advance(x)],
  ];
  test.each(cases)('%s', (what, build) => {
    const g = new GraphBuilder('model');
    const x = g.input('x', 'float32', [frames, 4]);
    const attempt = (): unknown => g.scope('decoder', () => g.scope('blocks.3', () => build(g, x)));
    expect(attempt).toThrow(GraphBuildError);
    expect(attempt).toThrow(`model/decoder/blocks.3: ${what}`);
  });
});
