import { multiplyDim } from '../../graph/dim.ts';
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../../graph/graph-types.ts';
import { transpose } from '../../ops/matrix.ts';
import { concat, pad, reshape, reverse, slice } from '../../ops/shape.ts';
import { type ConvWeights, conv1d } from './conv1d.ts';

/**
 * A transposed convolution over time: `x [1, in, frames] → [1, out, frames · stride + kernel − stride − trims]`, as
 * torch.nn.ConvTranspose1d whose result is trimmed at both ends.
 *
 * Lowered as a polyphase convolution: sample t·stride + p of the result is a sum over the kernel's taps p, p + stride, …
 * of x[t], x[t − 1], … So one convolution with stride · out channels and ⌈kernel / stride⌉ taps computes all phases,
 * and a transposition interleaves them. The runtime's own operator multiplies the same numbers, then scatters them.
 */
export function transposedConv1d(
  g: GraphBuilder,
  { weight, bias }: ConvWeights,
  x: GraphTensor,
  { stride, trim }: { readonly stride: number; readonly trim: readonly [before: number, after: number] },
): GraphTensor {
  const [inChannels, out, kernel] = weight.shape as readonly number[];
  if (x.shape.length !== 3 || x.shape[1] !== inChannels) {
    throw g.error('transposed convolution', describe(x), `[1, ${inChannels}, frames] for weights ${describe(weight)}`);
  }
  const taps = Math.ceil(kernel! / stride);
  const phases = polyphaseWeight(g, weight, stride);
  const phaseBias =
    bias === undefined
      ? {}
      : { bias: reshape(g, concat(g, Array(stride).fill(reshape(g, bias, [1, out!])), 0), [stride * out!]) };
  const y = conv1d(g, { weight: phases, ...phaseBias }, x, { padding: [taps - 1, taps - 1] });
  const steps = y.shape[2]!;
  const split = reshape(g, y, [stride, out!, steps]);
  const interleaved = reshape(g, transpose(g, split, [1, 2, 0]), [1, out!, multiplyDim(steps, stride)]);
  // The taps beyond the kernel are zeros: their samples at the end are no part of the result.
  const surplus = taps * stride - kernel!;
  return slice(g, interleaved, 2, trim[0], { fromEnd: surplus + trim[1] });
}

/** `[in, out, kernel] → [stride · out, in, taps]`, phase by phase, the oldest tap first. */
export function polyphaseWeight(g: GraphBuilder, weight: GraphTensor, stride: number): GraphTensor {
  const [inChannels, out, kernel] = weight.shape as readonly number[];
  const taps = Math.ceil(kernel! / stride);
  const padded = pad(g, weight, 2, [0, taps * stride - kernel!]);
  const byPhase = reshape(g, padded, [inChannels!, out!, taps, stride]);
  const oldestFirst = reverse(g, byPhase, 2);
  return reshape(g, transpose(g, oldestFirst, [3, 1, 0, 2]), [stride * out!, inChannels!, taps]);
}
