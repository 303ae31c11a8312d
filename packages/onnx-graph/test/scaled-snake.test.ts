import { createRandom } from '@speech-tokens/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type ConvWeights,
  conv1d,
  depthwiseConv1d,
  type GraphBuilder,
  type GraphTensor,
  rescaledConv,
  rowsToSignal,
  scaledSnake,
  signalToRows,
  snakeAlpha,
  snakeTimesAlpha,
  transposedConv1d,
  type WeightScope,
} from '../src/index.ts';
import { largestDifference, runOnRows } from './run-graph.ts';

const random = createRandom('snake');
const gaussians = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.nextGaussian());
const rowsOf = (count: number, width: number): number[][] => Array.from({ length: count }, () => [...gaussians(width)]);
const factorsOf = (count: number): Float32Array =>
  Float32Array.from({ length: count }, () => 0.3 + 2 * random.nextUnit());

/** The definition. */
const snake = (x: number, alpha: number): number => x + Math.sin(alpha * x) ** 2 / alpha;

const alphaIn = (g: GraphBuilder, alpha: Float32Array): GraphTensor => {
  const tensor = (_: GraphBuilder, name: string, shape: readonly number[]) => {
    expect([name, ...shape]).toEqual(['alpha', 1, alpha.length, 1]);
    return g.constant(alpha, shape);
  };
  return snakeAlpha(g, { tensor } as unknown as WeightScope, alpha.length);
};

test('scaled Snake follows its definition, also for an α of 0', async () => {
  const x = rowsOf(20, 4);
  const alpha = Float32Array.of(0.5, 2, 7, 0);
  const [found] = await runOnRows(
    (g, rows) => signalToRows(g, snakeTimesAlpha(g, alphaIn(g, alpha), rowsToSignal(g, rows))),
    [x],
  );
  const wanted = x.flatMap((row) => row.map((value, c) => (alpha[c] === 0 ? 0 : alpha[c]! * snake(value, alpha[c]!))));
  expect(largestDifference(found!, wanted)).toBeLessThan(1e-5);
  const [scaled] = await runOnRows(scaledSnake, [x]);
  expect(
    largestDifference(
      scaled!,
      x.flat().map((value) => snake(value, 1)),
    ),
  ).toBeLessThan(1e-6);
});

type Conv = (g: GraphBuilder, weights: ConvWeights, x: GraphTensor) => GraphTensor;
type Kind = readonly [what: string, takesAxis: 0 | 1, shapeOf: (channels: number, out: number) => number[], conv: Conv];
const kinds: readonly Kind[] = [
  [
    'convolution',
    1,
    (channels, out) => [out, channels, 3],
    (g, weights, x) => conv1d(g, weights, x, { padding: [1, 1] }),
  ],
  ['depthwise convolution', 0, (channels) => [channels, 1, 3], (g, weights, x) => depthwiseConv1d(g, weights, x)],
  [
    'transposed convolution',
    0,
    (channels, out) => [channels, out, 4],
    (g, weights, x) => transposedConv1d(g, weights, x, { stride: 2, trim: [1, 1] }),
  ],
];

test.each(kinds)(
  'a %s computes with scaled signals what it does with plain ones',
  async (what, takesAxis, shapeOf, conv) => {
    const settings = fc.record({
      channels: fc.integer({ min: 1, max: 5 }),
      outs: fc.integer({ min: 1, max: 5 }),
      hasBias: fc.boolean(),
      scalesOutput: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(settings, async ({ channels, outs, hasBias, scalesOutput }) => {
        const shape = shapeOf(channels, outs);
        const out = what === 'transposed convolution' ? shape[1]! : shape[0]!;
        const values = { weight: gaussians(shape.reduce((a, b) => a * b)), bias: gaussians(out) };
        const stored = (g: GraphBuilder): ConvWeights => ({
          weight: g.constant(values.weight, shape),
          ...(hasBias ? { bias: g.constant(values.bias, [out]) } : {}),
        });
        const [alpha, factor] = [factorsOf(channels), factorsOf(out)];
        // The outputs of a transposed convolution lie on the other axis; nothing asks for them multiplied.
        const gives = scalesOutput && what !== 'transposed convolution';
        const x = rowsOf(9, channels);
        const active = x.map((row) => row.map((value, c) => snake(value, alpha[c]!)));
        const [plain] = await runOnRows(
          (g, rows) => signalToRows(g, conv(g, stored(g), rowsToSignal(g, rows))),
          [active],
        );
        const [scaled] = await runOnRows(
          (g, rows) => {
            const takes = alphaIn(g, alpha);
            const factors = { takes, takesAxis, ...(gives ? { gives: g.constant(factor, [out]) } : {}) };
            const weights = rescaledConv(g, stored(g), factors);
            return signalToRows(g, conv(g, weights, snakeTimesAlpha(g, takes, rowsToSignal(g, rows))));
          },
          [x],
        );
        const wanted = plain!.map((value, i) => (gives ? value * factor[i % out]! : value));
        expect(largestDifference(scaled!, wanted)).toBeLessThan(2e-4);
      }),
      { numRuns: 25 },
    );
  },
);
