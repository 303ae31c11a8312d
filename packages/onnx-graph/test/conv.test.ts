import { createRandom } from '@speech-tokens/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type ConvOptions,
  conv1d,
  convRows,
  type GraphBuilder,
  rowsToSignal,
  signalToRows,
  transposedConv1d,
  transposedConvRows,
  withSignalHistory,
} from '../src/index.ts';
import { largestDifference, runOnRows } from './run-graph.ts';

const random = createRandom('conv');
const gaussians = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.nextGaussian());
const rowsOf = (count: number, width: number): number[][] => Array.from({ length: count }, () => [...gaussians(width)]);

/** The definition: out[t][o] = bias[o] + Σ weight[o][i][k] · x[t · stride + k · dilation − before][i]. */
function plainConv(
  x: readonly number[][],
  weight: Float32Array,
  [out, inPerGroup, kernel]: readonly [number, number, number],
  bias: Float32Array,
  { stride = 1, dilation = 1, groups = 1, padding = [0, 0] }: ConvOptions,
): number[] {
  const steps = Math.floor((x.length + padding[0] + padding[1] - dilation * (kernel - 1) - 1) / stride) + 1;
  const y: number[] = [];
  for (let t = 0; t < steps; t++) {
    for (let o = 0; o < out; o++) {
      const firstIn = Math.floor(o / (out / groups)) * inPerGroup;
      let sum = bias[o]!;
      for (let i = 0; i < inPerGroup; i++) {
        for (let k = 0; k < kernel; k++) {
          const row = x[t * stride + k * dilation - padding[0]];
          sum += weight[(o * inPerGroup + i) * kernel + k]! * (row?.[firstIn + i] ?? 0);
        }
      }
      y.push(sum);
    }
  }
  return y;
}

/** The definition: every input frame t adds weight[i][o][k] · x[t][i] to sample t · stride + k. */
function plainTransposedConv(
  x: readonly number[][],
  weight: Float32Array,
  [inChannels, out, kernel]: readonly [number, number, number],
  bias: Float32Array,
  stride: number,
): number[][] {
  const y = Array.from({ length: (x.length - 1) * stride + kernel }, () => [...bias]);
  for (const [t, row] of x.entries()) {
    for (let i = 0; i < inChannels; i++) {
      for (let o = 0; o < out; o++) {
        for (let k = 0; k < kernel; k++) y[t * stride + k]![o]! += row[i]! * weight[(i * out + o) * kernel + k]!;
      }
    }
  }
  return y;
}

const constants = (g: GraphBuilder, weight: Float32Array, shape: readonly number[], bias: Float32Array) => ({
  weight: g.constant(weight, shape),
  bias: g.constant(bias, [bias.length]),
});

test('convolutions on signals and on rows follow the definition', async () => {
  const size = fc.integer({ min: 1, max: 5 });
  const shapes = fc.record({
    out: size,
    inPerGroup: size,
    groups: fc.integer({ min: 1, max: 3 }),
    kernel: fc.integer({ min: 1, max: 7 }),
    stride: fc.integer({ min: 1, max: 4 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    before: fc.integer({ min: 0, max: 6 }),
    after: fc.integer({ min: 0, max: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(shapes, async ({ out, inPerGroup, groups, kernel, stride, dilation, before, after }) => {
      const shape = [out * groups, inPerGroup, kernel] as const;
      const weight = gaussians(shape[0] * shape[1] * shape[2]);
      const bias = gaussians(out * groups);
      const x = rowsOf(stride * 8, inPerGroup * groups);
      // Lengths of a symbol are multiples of the stride: the rows come in runs of it.
      const runs = Array.from({ length: 8 }, (_, i) => x.slice(i * stride, (i + 1) * stride).flat());
      const options = { stride, dilation, groups, padding: [before, after] } as const;
      fc.pre(x.length + before + after > dilation * (kernel - 1));
      const [onSignal] = await runOnRows(
        (g, merged) => {
          const rows = g.node('Reshape', [merged, g.int64s([-1, inPerGroup * groups])], {
            elementType: 'float32',
            shape: [{ symbol: 'rows', times: stride, plus: 0 }, inPerGroup * groups],
          });
          return signalToRows(g, conv1d(g, constants(g, weight, shape, bias), rowsToSignal(g, rows), options));
        },
        [runs],
      );
      expect(largestDifference(onSignal!, plainConv(x, weight, shape, bias, options))).toBeLessThan(1e-4);
    }),
    { numRuns: 40 },
  );
  for (const { kernel, stride, dilation } of [
    { kernel: 5, stride: 1, dilation: 2 },
    { kernel: 1, stride: 1, dilation: 1 },
    { kernel: 8, stride: 4, dilation: 1 },
    { kernel: 5, stride: 3, dilation: 1 },
  ]) {
    const shape = [6, 4, kernel] as const;
    const [weight, bias] = [gaussians(6 * 4 * kernel), gaussians(6)];
    const x = rowsOf(24, 4);
    const runs = Array.from({ length: 24 / stride }, (_, i) => x.slice(i * stride, (i + 1) * stride).flat());
    const [onRows] = await runOnRows(
      (g, merged) => {
        const rows = g.node('Reshape', [merged, g.int64s([-1, 4])], {
          elementType: 'float32',
          shape: [{ symbol: 'rows', times: stride, plus: 0 }, 4],
        });
        return convRows(g, constants(g, weight, shape, bias), rows, { stride, dilation });
      },
      [runs],
    );
    const whole = plainConv(x, weight, shape, bias, { stride, dilation });
    expect(onRows!.length).toBeGreaterThan(0);
    expect(largestDifference(onRows!, whole.slice(0, onRows!.length))).toBeLessThan(1e-4);
  }
});

test('transposed convolutions follow the definition', async () => {
  for (const [kernel, stride] of [
    [16, 8],
    [4, 2],
    [10, 5],
    [7, 3],
    [3, 3],
    [2, 3],
  ] as const) {
    const shape = [3, 2, kernel] as const;
    const [weight, bias] = [gaussians(6 * kernel), gaussians(2)];
    const x = rowsOf(9, 3);
    const whole = plainTransposedConv(x, weight, shape, bias, stride);
    const [onSignal] = await runOnRows(
      (g, rows) =>
        signalToRows(
          g,
          transposedConv1d(g, constants(g, weight, shape, bias), rowsToSignal(g, rows), { stride, trim: [1, 0] }),
        ),
      [x],
    );
    expect(largestDifference(onSignal!, whole.slice(1).flat())).toBeLessThan(1e-4);
    if (kernel % stride !== 0) continue;
    const [onRows] = await runOnRows(
      (g, rows) => {
        return transposedConvRows(g, constants(g, weight, shape, bias), rows, { stride });
      },
      [x],
    );
    const settled = whole.slice(kernel - stride, 9 * stride);
    expect(largestDifference(onRows!, settled.flat())).toBeLessThan(1e-4);
  }
});

test('from 65 samples on, a convolution in chunks equals the whole bit for bit', async () => {
  const shape = [24, 40, 7] as const;
  const [weight, bias] = [gaussians(24 * 40 * 7), gaussians(24)];
  const x = rowsOf(1_000, 40);
  const build = (g: GraphBuilder, rows: Parameters<typeof rowsToSignal>[1]) => {
    const signal = withSignalHistory(g, rowsToSignal(g, rows), 6);
    return signalToRows(g, conv1d(g, constants(g, weight, shape, bias), signal));
  };
  const [whole] = await runOnRows(build, [x]);
  for (const size of [65, 66, 80, 130, 333]) {
    const chunks: number[][][] = [];
    const last = x.length - (x.length % size);
    for (let at = 0; at < last; at += size) chunks.push(x.slice(at, at + size));
    const joined = (await runOnRows(build, chunks)).flat();
    expect(joined).toEqual(whole!.slice(0, joined.length));
  }
});
