import { createRandom } from '@speech-tokens/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  depthwiseConv1d,
  GraphBuildError,
  type GraphBuilder,
  localAttention,
  multiplyDim,
  rowsToSignal,
  signalToRows,
  splitRows,
  symbolicDim,
  type WeightScope,
} from '../src/index.ts';
import { largestDifference, runOnce, runOnRows } from './run-graph.ts';

const random = createRandom('local layers');
const gaussians = (count: number, scale = 1): Float32Array =>
  Float32Array.from({ length: count }, () => scale * random.nextGaussian());
const rowsOf = (count: number, width: number): number[][] => Array.from({ length: count }, () => [...gaussians(width)]);

test('depthwise convolutions follow the definition', async () => {
  const shapes = fc.record({
    // From one up: the runtime has kernels for 8 and for 16 channels at a time, and ways for the rest.
    channels: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(8, 16, 32, 48)),
    reach: fc.integer({ min: 0, max: 4 }),
    dilation: fc.integer({ min: 1, max: 9 }),
    count: fc.integer({ min: 1, max: 70 }),
    hasBias: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(shapes, async ({ channels, reach, dilation, count, hasBias }) => {
      const kernel = 2 * reach + 1;
      const [weight, bias] = [gaussians(channels * kernel), gaussians(channels)];
      const x = rowsOf(count, channels);
      const [found] = await runOnRows(
        (g, rows) => {
          const weights = { weight: g.constant(weight, [channels, 1, kernel]) };
          const all = hasBias ? { ...weights, bias: g.constant(bias, [channels]) } : weights;
          return signalToRows(g, depthwiseConv1d(g, all, rowsToSignal(g, rows), { dilation }));
        },
        [x],
      );
      const wanted = x.flatMap((row, t) =>
        row.map((_, c) => {
          let sum = hasBias ? bias[c]! : 0;
          for (let k = 0; k < kernel; k++) sum += weight[c * kernel + k]! * (x[t + (k - reach) * dilation]?.[c] ?? 0);
          return sum;
        }),
      );
      expect(largestDifference(found!, wanted)).toBeLessThan(1e-4);
    }),
    { numRuns: 40 },
  );
});

interface AttentionWeights {
  readonly normWeight: Float32Array;
  readonly normBias: Float32Array;
  readonly qkv: Float32Array;
  readonly out: Float32Array;
  readonly frequencies: Float32Array;
}

/** The definition, position by position. */
function plainLocalAttention(x: readonly number[][], w: AttentionWeights, window: number, headWidth: number): number[] {
  const channels = x[0]!.length;
  const product = (matrix: Float32Array, row: readonly number[]): number[] =>
    Array.from({ length: matrix.length / channels }, (_, o) =>
      row.reduce((sum, value, i) => sum + matrix[o * channels + i]! * value, 0),
    );
  const parts = x.map((row) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / channels;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / channels;
    const normed = row.map(
      (value, i) => ((value - mean) / Math.sqrt(variance + 1e-5)) * w.normWeight[i]! + w.normBias[i]!,
    );
    const all = product(w.qkv, normed);
    return [0, 1, 2].map((part) => all.slice(part * channels, (part + 1) * channels));
  });
  /** A pair of values as a complex number, turned by the position in the window. */
  const turned = (head: readonly number[], position: number): number[] =>
    head.map((value, i) => {
      const half = headWidth / 2;
      const angle = (position % window) * w.frequencies[i % half]!;
      const partner = i < half ? -head[i + half]! : head[i - half]!;
      return value * Math.cos(angle) + partner * Math.sin(angle);
    });
  return x.flatMap((row, position) => {
    const first = position - (position % window);
    const mixed: number[] = [];
    for (let at = 0; at < channels; at += headWidth) {
      const head = (t: number, part: number): number[] => parts[t]![part]!.slice(at, at + headWidth);
      const query = turned(head(position, 0), position);
      const exps = Array.from({ length: window }, (_, i) => {
        const key = turned(head(first + i, 1), first + i);
        return Math.exp(key.reduce((sum, value, d) => sum + value * query[d]!, 0) / Math.sqrt(headWidth));
      });
      const total = exps.reduce((sum, value) => sum + value, 0);
      for (let d = 0; d < headWidth; d++) {
        mixed.push(exps.reduce((sum, share, i) => sum + (share / total) * head(first + i, 2)[d]!, 0));
      }
    }
    const out = product(w.out, mixed);
    return row.map((value, i) => value + out[i]!);
  });
}

test('local attention follows the definition: within windows, and by position in them', async () => {
  for (const { window, heads, headWidth, windows } of [
    { window: 3, heads: 2, headWidth: 4, windows: 4 },
    { window: 1, heads: 1, headWidth: 2, windows: 5 },
    { window: 8, heads: 3, headWidth: 6, windows: 1 },
  ]) {
    const channels = heads * headWidth;
    const weights: AttentionWeights = {
      normWeight: gaussians(channels),
      normBias: gaussians(channels),
      qkv: gaussians(3 * channels * channels, 1.5 / Math.sqrt(channels)),
      out: gaussians(channels * channels, 1 / Math.sqrt(channels)),
      frequencies: Float32Array.from({ length: headWidth / 2 }, (_, i) => 1 / (i + 1)),
    };
    const x = rowsOf(window * windows, channels);
    const positions = multiplyDim(symbolicDim('windows'), window);
    const { y } = await runOnce(
      (g) => {
        const input = g.input('x', 'float32', [positions, channels]);
        g.output('y', localAttention(g, scopeOf(weights), input, { windowPositions: window, headWidth }));
      },
      { x: { values: Float32Array.from(x.flat()), shape: [x.length, channels] } },
    );
    expect(largestDifference(y!, plainLocalAttention(x, weights, window, headWidth))).toBeLessThan(1e-4);
  }
});

test('local attention over other than whole windows is refused', async () => {
  const build = (g: GraphBuilder): void => {
    const x = g.input('x', 'float32', [symbolicDim('positions'), 8]);
    localAttention(g, scopeOf({} as AttentionWeights), splitRows(g, x, 2), { windowPositions: 3, headWidth: 4 });
  };
  await expect(runOnce(build, {})).rejects.toThrow(GraphBuildError);
});

function scopeOf(weights: AttentionWeights): WeightScope {
  const named: Readonly<Record<string, Float32Array>> = {
    'norm.weight': weights.normWeight,
    'norm.bias': weights.normBias,
    'to_qkv.weight': weights.qkv,
    'to_out.weight': weights.out,
    'rel_pos.inv_freq': weights.frequencies,
  };
  const scope = (prefix: string): WeightScope => ({
    scope: (name) => scope(`${prefix}${name}.`),
    has: (name) => prefix + name in named,
    shapeOf: () => [],
    tensor: (g, name, shape) => g.constant(named[prefix + name]!, shape),
  });
  return scope('');
}
