import { createRandom } from '@speech-tokens/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type GraphBuilder,
  type GraphTensor,
  lstm,
  streamStarted,
  type WeightScope,
  withReflectedEdges,
} from '../src/index.ts';
import { largestDifference, runOnRows } from './run-graph.ts';

const random = createRandom('recurrent');
const gaussians = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.nextGaussian());
const rowsOf = (count: number, width: number): number[][] => Array.from({ length: count }, () => [...gaussians(width)]);

/** Weights given by name, as constants of the graph. */
function constantWeights(values: ReadonlyMap<string, Float32Array>): WeightScope {
  return {
    scope: () => constantWeights(values),
    has: (name) => values.has(name),
    shapeOf: () => [],
    tensor: (g, name, shape) => g.constant(values.get(name)!, shape),
  };
}

/** The definition, as torch.nn.LSTM has it: gates in the order input, forget, cell, output. */
function plainLstm(x: readonly number[][], weights: ReadonlyMap<string, Float32Array>, width: number, layers: number) {
  const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));
  let sequence: readonly (readonly number[])[] = x;
  for (let layer = 0; layer < layers; layer++) {
    const [wi, wh, bi, bh] = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map(
      (name) => weights.get(`${name}_l${layer}`)!,
    );
    let hidden: number[] = Array(width).fill(0);
    let cell: number[] = Array(width).fill(0);
    sequence = sequence.map((input) => {
      const gate = (index: number): number[] =>
        Array.from({ length: width }, (_, unit) => {
          const row = index * width + unit;
          let sum = bi![row]! + bh![row]!;
          for (let i = 0; i < width; i++) sum += wi![row * width + i]! * input[i]! + wh![row * width + i]! * hidden[i]!;
          return sum;
        });
      const [i, f, c, o] = [gate(0), gate(1), gate(2), gate(3)];
      cell = cell.map((value, unit) => sigmoid(f![unit]!) * value + sigmoid(i![unit]!) * Math.tanh(c![unit]!));
      hidden = cell.map((value, unit) => sigmoid(o![unit]!) * Math.tanh(value));
      return hidden;
    });
  }
  return sequence.flat();
}

test('LSTM follows its definition, and chunks of any length equal the whole bit for bit', async () => {
  for (const [width, layers, steps] of [
    [3, 2, 9],
    [64, 1, 40],
    [512, 1, 12],
  ] as const) {
    const weights = new Map<string, Float32Array>();
    for (let layer = 0; layer < layers; layer++) {
      for (const name of ['weight_ih', 'weight_hh']) {
        weights.set(
          `${name}_l${layer}`,
          gaussians(4 * width * width).map((value) => value / Math.sqrt(width)),
        );
      }
      for (const name of ['bias_ih', 'bias_hh']) weights.set(`${name}_l${layer}`, gaussians(4 * width));
    }
    const x = rowsOf(steps, width);
    const build = (g: GraphBuilder, rows: GraphTensor) => lstm(g, constantWeights(weights), rows, layers);
    const [whole] = await runOnRows(build, [x]);
    expect(largestDifference(whole!, plainLstm(x, weights, width, layers))).toBeLessThan(1e-5);
    for (const size of [1, 2, 5]) {
      const chunks: number[][][] = [];
      for (let at = 0; at < steps; at += size) chunks.push(x.slice(at, at + size));
      expect((await runOnRows(build, chunks)).flat()).toEqual(whole);
    }
  }
});

/** The definition: reflection at both ends, of a signal that is first lengthened by zeros where it is too short. */
function plainReflection(x: readonly number[][], before: number, stride: number): number[] {
  const after = (stride - (x.length % stride)) % stride;
  const longest = Math.max(before, after);
  const zeros = Math.max(0, longest - x.length + 1);
  const lengthened = [...x, ...Array.from({ length: zeros }, () => x[0]!.map(() => 0))];
  const last = lengthened.length - 1;
  const at = (i: number): number[] => lengthened[i < 0 ? -i : i > last ? 2 * last - i : i]!;
  return Array.from({ length: before + x.length + after }, (_, i) => at(i - before)).flat();
}

test('a stream between its reflected edges equals the whole, whatever its chunks', async () => {
  const cases = fc.record({
    stride: fc.integer({ min: 1, max: 5 }),
    more: fc.integer({ min: 0, max: 4 }),
    first: fc.integer({ min: 1, max: 4 }),
    later: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 }),
    rest: fc.integer({ min: 0, max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ stride, more, first, later, rest }) => {
      const before = stride + more;
      const build = (g: GraphBuilder, x: GraphTensor) =>
        withReflectedEdges(g, x, { started: streamStarted(g), axis: 0, before, stride });
      // Whole strides, the first chunk more than is reflected; then a last chunk that need not fill its stride.
      const firstRows = (Math.floor(before / stride) + first) * stride;
      const sizes = [
        firstRows,
        ...later.map((count) => count * stride),
        ...(rest % stride === 0 ? [] : [rest % stride]),
      ];
      const chunks = sizes.map((size) => rowsOf(size, 2));
      const runs = await runOnRows(build, chunks);
      // Each run starts with the rows before it.
      const joined = [...runs[0]!, ...runs.slice(1).flatMap((run) => run.slice(2 * before))];
      expect(joined).toEqual(plainReflection(chunks.flat(), before, stride));
      let seen = chunks[0]!.flat();
      for (const [i, run] of runs.slice(1).entries()) {
        expect(run.slice(0, 2 * before)).toEqual(seen.slice(-2 * before));
        seen = [...seen, ...chunks[i + 1]!.flat()];
      }
    }),
    { numRuns: 40 },
  );
});

test('a stream shorter than its padding is taken as followed by zeros', async () => {
  for (const [length, before, stride] of [
    [1, 6, 1],
    [4, 6, 1],
    [6, 6, 1],
    [1, 5, 5],
    [3, 5, 5],
    [5, 5, 5],
    [7, 5, 5],
  ] as const) {
    const x = rowsOf(length, 3);
    const [found] = await runOnRows(
      (g, rows) => withReflectedEdges(g, rows, { started: streamStarted(g), axis: 0, before, stride }),
      [x],
    );
    expect(found, `${length} samples`).toEqual(plainReflection(x, before, stride));
  }
});
