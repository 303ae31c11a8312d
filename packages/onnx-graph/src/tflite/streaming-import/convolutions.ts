import type { GraphBuilder } from '../../graph/graph-builder.ts';
import type { GraphTensor } from '../../graph/graph-types.ts';
import { convRows } from '../../layers/rows/conv-rows.ts';
import { add, multiply } from '../../ops/elementwise.ts';
import { matMul, transpose } from '../../ops/matrix.ts';
import { concat, pad, reshape, slice } from '../../ops/shape.ts';
import { paddingValid } from '../tflite-codes.ts';
import type { TfliteOperator } from '../tflite-model.ts';
import { requantize } from './arithmetic.ts';
import { filterOf } from './filters.ts';
import {
  constantInput,
  failAt,
  type ImportContext,
  inputOfKind,
  option,
  outputGrid,
  requireOptions,
  setOutput,
  type Translate,
} from './import-context.ts';
import type { Extended, IntegerGrid, Rows } from './stream-value.ts';

/** CONV_2D over time: a filter `[out, kernel, 1, in / groups]`. */
export const conv2d: Translate = (context, operator) => {
  const { g } = context;
  const input = inputOfKind(context, operator, 0, 'rows', 'extended');
  requireOptions(context, operator, { padding: paddingValid, fusedActivation: 0, dilationWidth: 1, strideWidth: 1 });
  const stride = option(context, operator, 'strideHeight');
  const dilation = option(context, operator, 'dilationHeight');
  const { tensor } = constantInput(context, operator, 1);
  const [out, kernel, one, perGroup] = tensor.shape as readonly [number, number, number, number];
  const groups = input.channels / perGroup;
  if (tensor.shape.length !== 4 || one !== 1 || !Number.isInteger(groups) || out % groups !== 0) {
    failAt(context, operator, `a filter [${tensor.shape.join(', ')}]`, `one for ${input.channels} channels`);
  }
  requireWhole(context, operator, input, { kernel, stride, dilation });
  const { weight, bias, sumScales } = filterOf(context, operator, 0, out, input.grid);
  const byGroup = transpose(g, reshape(g, weight, [out, kernel, perGroup]), [0, 2, 1]);
  const x = groupedConv(g, { weight: byGroup, bias }, input.x, { stride, dilation });
  const size = { rows: input.rows / stride, channels: out };
  setOutput(context, operator, { kind: 'rows', ...size, ...settled(context, operator, x, sumScales) });
};

/** DEPTHWISE_CONV_2D over time, as a sum of shifted products: a filter `[1, kernel, 1, channels]`. */
export const depthwiseConv2d: Translate = (context, operator) => {
  const { g } = context;
  const input = inputOfKind(context, operator, 0, 'rows', 'extended');
  requireOptions(context, operator, {
    padding: paddingValid,
    fusedActivation: 0,
    dilationWidth: 1,
    strideWidth: 1,
    strideHeight: 1,
    depthMultiplier: 1,
  });
  const dilation = option(context, operator, 'dilationHeight');
  const { tensor } = constantInput(context, operator, 1);
  const [one, kernel, width, channels] = tensor.shape as readonly [number, number, number, number];
  if (tensor.shape.length !== 4 || one !== 1 || width !== 1 || channels !== input.channels) {
    failAt(context, operator, `a filter [${tensor.shape.join(', ')}]`, `one for ${input.channels} channels`);
  }
  requireWhole(context, operator, input, { kernel, stride: 1, dilation });
  const { weight, bias, sumScales } = filterOf(context, operator, 3, channels, input.grid);
  const taps = reshape(g, weight, [kernel, channels]);
  const reach = (kernel - 1) * dilation;
  let sum = bias;
  for (let tap = 0; tap < kernel; tap++) {
    const shifted = slice(g, input.x, 0, tap * dilation, { fromEnd: reach - tap * dilation });
    sum = add(g, multiply(g, shifted, slice(g, taps, 0, tap, tap + 1)), sum);
  }
  const size = { rows: input.rows, channels };
  setOutput(context, operator, { kind: 'rows', ...size, ...settled(context, operator, sum, sumScales) });
};

/**
 * TRANSPOSE_CONV over time: a filter `[out, kernel, 1, in]`, whose kernel is whole strides. Each row of a frame gives
 * `kernel` rows of the result, `stride` apart; those of one frame are added up here, frames are not.
 */
export const transposeConv: Translate = (context, operator) => {
  const { g, frames } = context;
  const input = inputOfKind(context, operator, 2, 'rows');
  requireOptions(context, operator, { padding: paddingValid, fusedActivation: 0 });
  const stride = option(context, operator, 'strideHeight');
  const { tensor } = constantInput(context, operator, 1);
  const [out, kernel, one, channels] = tensor.shape as readonly [number, number, number, number];
  const taps = kernel / stride;
  if (tensor.shape.length !== 4 || one !== 1 || channels !== input.channels || !(Number.isInteger(taps) && taps > 0)) {
    failAt(
      context,
      operator,
      `a filter [${tensor.shape.join(', ')}] with stride ${stride}`,
      `one for ${input.channels} channels with a kernel of whole strides`,
    );
  }
  const { weight, bias, sumScales } = filterOf(context, operator, 0, out, input.grid, 3);
  // [in, kernel · out]: what a row gives to each row of the result, one after another.
  const matrix = reshape(g, transpose(g, reshape(g, weight, [out, kernel, channels]), [2, 1, 0]), [
    channels,
    kernel * out,
  ]);
  const given = reshape(g, matMul(g, input.x, matrix), [frames, input.rows, taps, stride * out]);
  let sum: GraphTensor | undefined;
  for (let tap = 0; tap < taps; tap++) {
    const part = reshape(g, slice(g, given, 2, tap, tap + 1), [frames, input.rows, stride * out]);
    const placed = pad(g, part, 1, [tap, taps - 1 - tap]);
    sum = sum === undefined ? placed : add(g, sum, placed);
  }
  const rows = (input.rows + taps - 1) * stride;
  const biased = add(g, reshape(g, sum!, [frames, rows, out]), bias);
  setOutput(context, operator, {
    kind: 'spread',
    rows,
    channels: out,
    ...settled(context, operator, biased, sumScales),
  });
};

/** A convolution whose windows go on evenly from frame to frame: only so can many frames be one sequence. */
function requireWhole(
  context: ImportContext,
  operator: TfliteOperator,
  input: Rows | Extended,
  { kernel, stride, dilation }: { readonly kernel: number; readonly stride: number; readonly dilation: number },
): void {
  const past = input.kind === 'extended' ? input.past : 0;
  const isWhole =
    stride >= 1 && dilation >= 1 && input.rows % stride === 0 && past === (kernel - 1) * dilation + 1 - stride;
  // Rows are joined in runs of the stride.
  if (isWhole && (stride === 1 || (dilation === 1 && kernel % stride === 0))) return;
  failAt(
    context,
    operator,
    `a kernel of ${kernel} with stride ${stride} and dilation ${dilation} over ${past} + ${input.rows} rows`,
    'windows that go on from one frame to the next without a gap',
  );
}

/** Sums as they are, or on the grid of the output. */
function settled(
  context: ImportContext,
  operator: TfliteOperator,
  sums: GraphTensor,
  sumScales: readonly number[] | undefined,
): { readonly x: GraphTensor; readonly grid?: IntegerGrid } {
  if (sumScales === undefined) return { x: sums };
  const grid = outputGrid(context, operator);
  const factors = sumScales.map((scale) => scale / grid.scale);
  return { x: requantize(context.g, sums, factors, grid), grid };
}

/** Groups one by one: `x [rows, in]`, weight `[out, in / groups, kernel]`, bias `[out]`. */
function groupedConv(
  g: GraphBuilder,
  { weight, bias }: { readonly weight: GraphTensor; readonly bias: GraphTensor },
  x: GraphTensor,
  steps: { readonly stride: number; readonly dilation: number },
): GraphTensor {
  const [out, perGroup] = weight.shape as readonly number[];
  const groups = (x.shape[1] as number) / perGroup!;
  if (groups === 1) return convRows(g, { weight, bias }, x, steps);
  const parts = Array.from({ length: groups }, (_, group) => {
    const [from, to] = [(group * out!) / groups, ((group + 1) * out!) / groups];
    const own = { weight: slice(g, weight, 0, from, to), bias: slice(g, bias, 0, from, to) };
    return convRows(g, own, slice(g, x, 1, group * perGroup!, (group + 1) * perGroup!), steps);
  });
  return concat(g, parts, 1);
}
