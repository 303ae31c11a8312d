import { createRandom } from '@speech-tokens/core';
import { expect, test } from 'vitest';
import {
  type GraphBuilder,
  type GraphTensor,
  reflectedSignal,
  rowsToSignal,
  signalToRows,
  timeGroupNorm,
  type WeightScope,
} from '../src/index.ts';
import { largestDifference, runOnRows } from './run-graph.ts';

const random = createRandom('whole signal');
const rowsOf = (count: number, width: number): number[][] =>
  Array.from({ length: count }, () => Array.from({ length: width }, () => Math.fround(random.nextGaussian())));
const onSignal = (build: (g: GraphBuilder, x: GraphTensor) => GraphTensor) => (g: GraphBuilder, rows: GraphTensor) =>
  signalToRows(g, build(g, rowsToSignal(g, rows)));

/** The definition: zeros after a signal that is too short, then its reflection at both ends. */
function plainReflection(x: readonly number[][], before: number, after: number): number[] {
  const zeros = Math.max(0, Math.max(before, after) - x.length + 1);
  const lengthened = [...x, ...Array.from({ length: zeros }, () => x[0]!.map(() => 0))];
  const last = lengthened.length - 1;
  const at = (i: number): number[] => lengthened[i < 0 ? -i : i > last ? 2 * last - i : i]!;
  return Array.from({ length: before + x.length + after }, (_, i) => at(i - before)).flat();
}

test('a signal lies between its reflections, and ends with a whole stride', async () => {
  for (const [before, after, stride] of [
    [3, 3, 1],
    [1, 1, 1],
    [0, 2, 1],
    [2, 0, 1],
    [1, 1, 2],
    [3, 2, 5],
    [4, 4, 8],
  ] as const) {
    for (const length of [1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 23]) {
      const x = rowsOf(length, 3);
      const [found] = await runOnRows(
        onSignal((g, signal) => reflectedSignal(g, signal, { before, after, stride })),
        [x],
      );
      const missing = (stride - (length % stride)) % stride;
      expect(found, `${length} samples, ${before} and ${after} around, stride ${stride}`).toEqual(
        plainReflection(x, before, after + missing),
      );
    }
  }
});

test('group norm over channels and time follows its definition, also where there is nothing to normalise', async () => {
  const weight = [0.5, -2, 1];
  const bias = [1, 0, -3];
  const weights = (values: Readonly<Record<string, readonly number[]>>): WeightScope => ({
    scope: () => weights(values),
    has: () => true,
    shapeOf: () => [3],
    tensor: (g, name, shape) => g.constant(Float32Array.from(values[name]!), shape),
  });
  const loud = rowsOf(2_000, 3).map((row) => row.map((value) => 3 + 0.5 * value));
  for (const x of [rowsOf(1, 3), rowsOf(50, 3), loud, Array.from({ length: 40 }, () => [0.7, 0.7, 0.7])]) {
    const values = x.flat();
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    const wanted = x.flatMap((row) =>
      row.map((value, c) => (weight[c]! * (value - mean)) / Math.sqrt(variance + 1e-5) + bias[c]!),
    );
    const [found] = await runOnRows(
      onSignal((g, signal) => timeGroupNorm(g, weights({ weight, bias }), signal, 1e-5)),
      [x],
    );
    expect(found!.every(Number.isFinite)).toBe(true);
    expect(largestDifference(found!, wanted)).toBeLessThan(2e-3);
    if (x !== loud) expect(largestDifference(found!, wanted)).toBeLessThan(1e-4);
  }
});
