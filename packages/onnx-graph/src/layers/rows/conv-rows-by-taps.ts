import { addDims, type Dim, floorDivideDim, formatDim, multiplyDim } from '../../graph/dim.ts';
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../../graph/graph-types.ts';
import { transpose } from '../../ops/matrix.ts';
import { concat, mergeRows, reshape, reverse, slice, splitRows } from '../../ops/shape.ts';
import { projection } from '../projection.ts';
import type { ConvWeights } from '../signal/conv1d.ts';

/** Values that one product sums over, at most: more of them are slower than another product. */
const widestSum = 1_536;

/**
 * A convolution over time as a sum of matrix products, one for each tap or run of taps: `x [rows, in] → [(rows − dilation ·
 * (kernel − 1) − 1) / stride + 1, out]`, no padding; weights as torch.nn.Conv1d's, `[out, in, kernel]`. The value of a row
 * does not depend on how many are computed with it (decisions/0012).
 *
 * One product over all taps, as in `convRows`, needs a copy of the rows that is as many times wider as there are taps,
 * and wide rows are slow: 61 instead of 106 GFLOP/s for 8,192 values. A width that is a multiple of 1,024 makes the
 * rows of a product compete for the same lines of the cache, and costs up to a third.
 */
export function convRowsByTaps(
  g: GraphBuilder,
  { weight, bias }: ConvWeights,
  x: GraphTensor,
  { stride = 1, dilation = 1 }: { readonly stride?: number; readonly dilation?: number } = {},
): GraphTensor {
  const [out, inChannels, kernel] = weight.shape as readonly number[];
  const steps = floorDivideDim(addDims(x.shape[0]!, stride - 1 - dilation * (kernel! - 1)) ?? 0, stride);
  if (x.shape.length !== 2 || x.shape[1] !== inChannels || steps === undefined || !isPositive(steps)) {
    throw g.error('convolution', describe(x), `[rows, ${inChannels}] for weights ${describe(weight)}`);
  }
  const joined = dilation === 1 ? joinedTaps(inChannels!, kernel!, stride) : 1;
  const width = joined * inChannels!;
  const merged = joined === 1 ? x : mergeRows(g, x, joined);
  const matrix = reshape(g, transpose(g, weight, [0, 2, 1]), [out!, kernel! * inChannels!]);
  let sum = bias;
  for (let at = 0; at < kernel! / joined; at++) {
    const rows = everyNth(g, merged, at * dilation, stride / joined, steps);
    sum = addProducts(g, rows, slice(g, matrix, 1, at * width, (at + 1) * width), sum);
  }
  return sum!;
}

/**
 * A transposed convolution over time as a sum of matrix products: `x [taps − 1 + frames, in] → [frames · stride, out]` with
 * taps = kernel / stride (a whole number). Each frame gives the `stride` samples that it and the frames before it settle:
 * what torch.nn.ConvTranspose1d gives, without its last kernel − stride samples. Weights `[in, out, kernel]`.
 */
export function transposedConvRowsByTaps(
  g: GraphBuilder,
  { weight, bias }: ConvWeights,
  x: GraphTensor,
  { stride }: { readonly stride: number },
): GraphTensor {
  const [inChannels, out, kernel] = weight.shape as readonly number[];
  const taps = kernel! / stride;
  const frames = addDims(x.shape[0]!, 1 - taps);
  if (x.shape.length !== 2 || x.shape[1] !== inChannels || !Number.isInteger(taps) || frames === undefined) {
    throw g.error('transposed convolution', describe(x), `[rows, ${inChannels}] for weights ${describe(weight)}`);
  }
  // [taps, stride · out, in], oldest first.
  const byTap = reverse(g, reshape(g, weight, [inChannels!, out!, taps, stride]), 2);
  const matrices = reshape(g, transpose(g, byTap, [2, 3, 1, 0]), [taps * stride * out!, inChannels!]);
  let sum = bias && reshape(g, concat(g, Array(stride).fill(reshape(g, bias, [1, out!])), 0), [stride * out!]);
  for (let tap = 0; tap < taps; tap++) {
    const matrix = slice(g, matrices, 0, tap * stride * out!, (tap + 1) * stride * out!);
    sum = addProducts(g, everyNth(g, x, tap, 1, frames), matrix, sum);
  }
  return splitRows(g, sum!, stride);
}

/** How many taps one product takes in: rows of a stride are joined as they lie. */
function joinedTaps(inChannels: number, kernel: number, stride: number): number {
  for (let count = stride; count > 1; count--) {
    const width = count * inChannels;
    if (stride % count === 0 && kernel % count === 0 && width <= widestSum && width % 1_024 !== 0) return count;
  }
  return 1;
}

/** Rows `start`, `start + step`, …; `count` of them. */
function everyNth(g: GraphBuilder, x: GraphTensor, start: number, step: number, count: Dim): GraphTensor {
  // Rows after the last one taken: the same number whatever the length of the run.
  const after = addDims(x.shape[0]!, multiplyDim(addDims(multiplyDim(count, step), start - step + 1)!, -1));
  if (typeof after !== 'number') throw g.error('convolution', describe(x), `rows for ${formatDim(count)} results`);
  if (step === 1) return slice(g, x, 0, start, { fromEnd: after });
  const end = after === 0 ? Number.MAX_SAFE_INTEGER : -after;
  const edges = [start, end, 0, step].map((edge) => g.int64s([edge]));
  return g.node('Slice', [x, ...edges], { elementType: x.elementType, shape: [count, x.shape[1]!] });
}

/** `sum + x · weightᵀ`, in columns that one product can take in. */
function addProducts(g: GraphBuilder, x: GraphTensor, weight: GraphTensor, sum: GraphTensor | undefined): GraphTensor {
  const longestSum = (x.shape[1] as number) % 1_024 === 0 ? 512 : widestSum;
  return projection(g, weight, x, sum === undefined ? { longestSum } : { bias: sum, longestSum });
}

function isPositive(dim: Dim): boolean {
  return typeof dim === 'number' ? dim > 0 : dim.times > 0;
}
