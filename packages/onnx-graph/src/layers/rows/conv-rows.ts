import { addDims, type Dim, divideDim } from '../../graph/dim.ts';
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../../graph/graph-types.ts';
import { add } from '../../ops/elementwise.ts';
import { matMul, transpose } from '../../ops/matrix.ts';
import { concat, mergeRows, pad, reshape, reverse, slice, splitRows } from '../../ops/shape.ts';
import type { ConvWeights } from '../signal/conv1d.ts';

/**
 * A convolution over time as one matrix product, weights on the right: the value of a row does not depend on how many
 * are computed with it (decisions/0012). `x [rows, in] → [(rows − dilation · (kernel − 1) − 1) / stride + 1, out]`, no
 * padding; weights as torch.nn.Conv1d's, `[out, in, kernel]`.
 *
 * With a stride, rows are first joined in runs of `stride`, so `rows` and the kernel are cut into whole strides:
 * `rows` must be a multiple of the stride, and dilation 1.
 */
export function convRows(
  g: GraphBuilder,
  { weight, bias }: ConvWeights,
  x: GraphTensor,
  { stride = 1, dilation = 1 }: { readonly stride?: number; readonly dilation?: number } = {},
): GraphTensor {
  const [out, inChannels, kernel] = weight.shape as readonly number[];
  if (x.shape.length !== 2 || x.shape[1] !== inChannels || (stride > 1 && dilation > 1)) {
    throw g.error('convolution', describe(x), `[rows, ${inChannels}] for weights ${describe(weight)}`);
  }
  const taps = Math.ceil(kernel! / stride);
  const padded = pad(g, weight, 2, [0, taps * stride - kernel!]);
  // [taps · stride · in, out]: the rows of a window side by side, oldest first.
  const matrix = reshape(g, transpose(g, padded, [2, 1, 0]), [taps * stride * inChannels!, out!]);
  const merged = stride === 1 ? x : mergeRows(g, x, stride);
  const product = matMul(g, windows(g, merged, taps, dilation), matrix);
  return bias === undefined ? product : add(g, product, bias);
}

/**
 * A transposed convolution over time as one matrix product: `x [taps − 1 + frames, in] → [frames · stride, out]` with
 * taps = kernel / stride (a whole number). Each frame gives the `stride` samples that it and the frames before it settle:
 * what torch.nn.ConvTranspose1d gives, without its last kernel − stride samples. Weights `[in, out, kernel]`.
 */
export function transposedConvRows(
  g: GraphBuilder,
  { weight, bias }: ConvWeights,
  x: GraphTensor,
  { stride }: { readonly stride: number },
): GraphTensor {
  const [inChannels, out, kernel] = weight.shape as readonly number[];
  const taps = divideDim(kernel!, stride) as number | undefined;
  if (x.shape.length !== 2 || x.shape[1] !== inChannels || taps === undefined) {
    throw g.error('transposed convolution', describe(x), `[rows, ${inChannels}] for weights ${describe(weight)}`);
  }
  const byPhase = reshape(g, weight, [inChannels!, out!, taps, stride]);
  const oldestFirst = transpose(g, reverse(g, byPhase, 2), [2, 0, 3, 1]);
  const matrix = reshape(g, oldestFirst, [taps * inChannels!, stride * out!]);
  const samples = splitRows(g, matMul(g, windows(g, x, taps, 1), matrix), stride);
  return bias === undefined ? samples : add(g, samples, bias);
}

/** Each row with those that lie dilation, 2 · dilation, … before it side by side: `[rows, width] → [rows', taps · width]`. */
function windows(g: GraphBuilder, x: GraphTensor, taps: number, dilation: number): GraphTensor {
  if (taps === 1) return x;
  const reach = (taps - 1) * dilation;
  const length: Dim | undefined = addDims(x.shape[0]!, -reach);
  if (length === undefined || (typeof length === 'number' && length < 1)) {
    throw g.error('convolution', describe(x), `more than ${reach} rows`);
  }
  return concat(
    g,
    Array.from({ length: taps }, (_, tap) => slice(g, x, 0, tap * dilation, { fromEnd: reach - tap * dilation })),
    1,
  );
}
