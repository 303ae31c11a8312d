import { createRandom } from '@speech-tokens/core';
import type { ModelPlan, OperatorPlan, TensorPlan } from './write-tflite.ts';

/** Samples of a frame of the model below. */
export const frameSamples = 8;

const grid = (scale: number, zeroPoint: number) => ({ scales: [scale], zeroPoints: [zeroPoint] });

/**
 * A small streaming model with every operator and in every kind of arithmetic that such models have: convolutions with
 * strides, dilations and groups, in reals and in 8-bit integers, then transposed ones whose frames overlap.
 */
export function streamingPlan(seed: string): ModelPlan {
  const random = createRandom(seed);
  const tensors: TensorPlan[] = [];
  const operators: OperatorPlan[] = [];
  const variables: { readonly name: string; readonly shape: readonly number[] }[] = [];
  const put = (tensor: TensorPlan): number => tensors.push(tensor) - 1;
  const reals = (...shape: number[]): number => put({ name: `t${tensors.length}`, type: 'float32', shape });
  const integers = (at: ReturnType<typeof grid>, ...shape: number[]): number =>
    put({ name: `q${tensors.length}`, type: 'int8', shape, ...at });
  const numbers = (...values: number[]): number =>
    put({ name: `n${tensors.length}`, type: 'int32', shape: [values.length], values });
  const count = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
  const weights = (...shape: number[]): number =>
    put({
      name: `w${tensors.length}`,
      type: 'float32',
      shape,
      values: Array.from({ length: count(shape) }, () => 0.5 * random.nextGaussian()),
    });
  const stored = (type: 'int8' | 'int32', axis: number, channels: number, scale: number, ...shape: number[]): number =>
    put({
      name: `i${tensors.length}`,
      type,
      shape,
      axis,
      values: Array.from({ length: count(shape) }, () => Math.round((random.nextUnit() - 0.5) * 250)),
      scales: Array.from({ length: channels }, (_, c) => scale * (1 + c / 7)),
    });
  const zeros = (...shape: number[]): number =>
    put({ name: `z${tensors.length}`, type: 'float32', shape, values: Array(count(shape)).fill(0) });
  const run = (code: number, inputs: number[], output: number, optionsType?: number, options = {}): number => {
    operators.push({ code, inputs, outputs: [output], ...(optionsType === undefined ? {} : { optionsType, options }) });
    return output;
  };
  const slice = (x: number, from: number, output: number): number =>
    run(45, [x, numbers(0, from, 0, 0), numbers(0, 0, 0, 0), numbers(1, 1, 1, 1)], output, 32, { 0: 13, 1: 15 });
  const head = (x: number, to: number, output: number): number =>
    run(45, [x, numbers(0, 0, 0, 0), numbers(0, to, 0, 0), numbers(1, 1, 1, 1)], output, 32, { 0: 13, 1: 13 });
  const variable = (...shape: number[]): { readonly handle: number; readonly value: number } => {
    const name = `layer-${variables.length}/states`;
    variables.push({ name, shape });
    const handle = run(142, [], put({ name: `v${tensors.length}`, type: 'resource', shape: [] }), 111, { 1: name });
    return { handle, value: run(143, [handle], reals(...shape)) };
  };
  const assign = (handle: number, value: number): void => {
    operators.push({ code: 144, inputs: [handle, value], outputs: [] });
  };
  /** The rows before, and these: in reals. */
  const extended = (x: number, past: number, rows: number, channels: number): number => {
    const { handle, value } = variable(1, past, 1, channels);
    const whole = run(2, [value, x], reals(1, past + rows, 1, channels), 10, { 0: 1 });
    assign(handle, slice(whole, -past, reals(1, past, 1, channels)));
    return whole;
  };
  const overlap = (spread: number, bias: number, past: number, rows: number, channels: number): number => {
    const { handle, value } = variable(1, past, 1, channels);
    const carry = run(2, [value, zeros(1, rows, 1, channels)], reals(1, past + rows, 1, channels), 10, { 0: 1 });
    const whole = run(0, [spread, carry], reals(1, past + rows, 1, channels), 11);
    const tail = slice(whole, -past, reals(1, past, 1, channels));
    assign(handle, run(41, [tail, bias], reals(1, past, 1, channels), 28));
    return head(whole, rows, reals(1, rows, 1, channels));
  };
  const conv = (x: number, w: number, b: number, output: number, stride = 1): number =>
    run(3, [x, w, b], output, 1, { 0: { byte: 1 }, 1: 1, 2: stride });
  const depthwise = (x: number, w: number, b: number, output: number, dilation: number): number =>
    run(4, [x, w, b], output, 2, { 0: { byte: 1 }, 1: 1, 2: 1, 3: 1, 6: dilation });
  const transposed = (x: number, w: number, b: number, output: number, stride: number): number =>
    run(67, [numbers(1, 0, 1, 0), w, x, b], output, 49, { 0: { byte: 1 }, 1: 1, 2: stride });
  const leaky = (x: number, output: number): number => run(98, [x], output, 75, { 0: { float: 0.3 } });

  operators.push({ code: 129, inputs: [], outputs: [], optionsType: 103, options: { 0: 1 } });
  const input = reals(1, frameSamples);
  const samples = run(22, [input, numbers(1, frameSamples, 1, 1)], reals(1, frameSamples, 1, 1));
  // In reals: kernel 8 and stride 4 with a bias, then a residual unit with dilation 2 and two groups.
  const first = conv(extended(samples, 4, 8, 1), weights(4, 8, 1, 1), weights(4), reals(1, 2, 1, 4), 4);
  const mixed = depthwise(
    extended(leaky(first, reals(1, 2, 1, 4)), 4, 2, 4),
    weights(1, 3, 1, 4),
    weights(4),
    reals(1, 2, 1, 4),
    2,
  );
  const joined = conv(mixed, weights(4, 1, 1, 2), weights(4), reals(1, 2, 1, 4));
  const residual = run(0, [joined, first], reals(1, 2, 1, 4), 11);
  // The same in integers.
  const [q1, q2, q3, q4, q5, q6] = [
    grid(0.031, 9),
    grid(0.027, -31),
    grid(0.05, 4),
    grid(0.09, -12),
    grid(0.1, 20),
    grid(0.08, -20),
  ] as const;
  const stays = run(114, [residual], integers(q1, 1, 2, 1, 4));
  const active = run(6, [leaky(stays, integers(q2, 1, 2, 1, 4))], reals(1, 2, 1, 4));
  const { handle, value } = variable(1, 2, 1, 4);
  const whole = run(114, [run(2, [value, active], reals(1, 4, 1, 4), 10, { 0: 1 })], integers(q2, 1, 4, 1, 4));
  assign(handle, run(6, [slice(whole, 2, integers(q2, 1, 2, 1, 4))], reals(1, 2, 1, 4)));
  const [s2, s3, s6] = [q2.scales[0]!, q3.scales[0]!, q6.scales[0]!];
  const taps = depthwise(
    whole,
    stored('int8', 3, 4, 0.01, 1, 3, 1, 4),
    stored('int32', 0, 4, 0.01 * s2, 4),
    integers(q3, 1, 2, 1, 4),
    1,
  );
  const point = conv(
    taps,
    stored('int8', 0, 4, 0.012, 4, 1, 1, 2),
    stored('int32', 0, 4, 0.012 * s3, 4),
    integers(q4, 1, 2, 1, 4),
  );
  const sum = leaky(run(0, [point, stays], integers(q5, 1, 2, 1, 4), 11), integers(q6, 1, 2, 1, 4));
  const halves = [integers(q6, 1, 2, 1, 2), integers(q6, 1, 2, 1, 2)];
  operators.push({ code: 49, inputs: [numbers(3), sum], outputs: halves, optionsType: 35, options: { 0: 2 } });
  // Back to samples: stride 2 in integers for each half, then stride 2 with four taps in reals.
  const wide = halves.map((half) => {
    const bias = stored('int32', 0, 1, 0.01 * s6, 2);
    const spread = transposed(
      half,
      stored('int8', 0, 1, 0.01, 2, 4, 1, 2),
      bias,
      integers(grid(0.07, 3), 1, 6, 1, 2),
      2,
    );
    const { values, scales } = tensors[bias]!;
    const real = put({
      name: `b${tensors.length}`,
      type: 'float32',
      shape: [2],
      values: values!.map((v) => v * scales![0]!),
    });
    return overlap(run(6, [spread], reals(1, 6, 1, 2)), real, 2, 4, 2);
  });
  const together = leaky(run(2, wide, reals(1, 4, 1, 4), 10, { 0: -1 }), reals(1, 4, 1, 4));
  const bias = weights(1);
  const spread = transposed(together, weights(1, 8, 1, 4), bias, reals(1, 14, 1, 1), 2);
  const out = run(22, [overlap(spread, bias, 6, 8, 1), numbers(1, frameSamples)], reals(1, frameSamples));
  return {
    subgraphs: [
      { name: 'main', tensors, inputs: [input], outputs: [out], operators },
      {
        name: 'start',
        inputs: [],
        outputs: [],
        tensors: variables.flatMap(({ shape }, i) => [
          { name: `h${i}`, type: 'resource' as const, shape: [] },
          { name: `s${i}`, type: 'float32' as const, shape, values: Array(count(shape)).fill(0) },
        ]),
        operators: variables.flatMap(({ name }, i) => [
          { code: 142, inputs: [], outputs: [2 * i], optionsType: 111, options: { 1: name } },
          { code: 144, inputs: [2 * i, 2 * i + 1], outputs: [] },
        ]),
      },
    ],
    signatures: [{ name: 'serve', subgraph: 0, inputs: { audio: input }, outputs: { audio: out } }],
  };
}
