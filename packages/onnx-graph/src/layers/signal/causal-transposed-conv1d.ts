import { multiplyDim } from '../../graph/dim.ts';
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../../graph/graph-types.ts';
import { transpose } from '../../ops/matrix.ts';
import { concat, reshape } from '../../ops/shape.ts';
import { type ConvWeights, conv1d } from './conv1d.ts';
import { polyphaseWeight } from './transposed-conv1d.ts';

/**
 * A transposed convolution over time as a polyphase convolution, for streams: `x [1, in, taps − 1 + frames] →
 * [1, out, frames · stride]` with taps = ⌈kernel / stride⌉. Each frame gives the `stride` samples that it and the frames
 * before it settle: what torch.nn.ConvTranspose1d gives, without its last kernel − stride samples.
 */
export function causalTransposedConv1d(
  g: GraphBuilder,
  { weight, bias }: ConvWeights,
  x: GraphTensor,
  { stride }: { readonly stride: number },
): GraphTensor {
  const [inChannels, out] = weight.shape as readonly number[];
  if (x.shape.length !== 3 || x.shape[1] !== inChannels) {
    throw g.error('transposed convolution', describe(x), `[1, ${inChannels}, frames] for weights ${describe(weight)}`);
  }
  const phases = polyphaseWeight(g, weight, stride);
  const phaseBias =
    bias === undefined
      ? {}
      : { bias: reshape(g, concat(g, Array(stride).fill(reshape(g, bias, [1, out!])), 0), [stride * out!]) };
  const y = conv1d(g, { weight: phases, ...phaseBias }, x);
  const frames = y.shape[2]!;
  // As a matrix of phases: the runtime transposes two axes faster than it moves one of three.
  const interleaved = transpose(g, reshape(g, y, [stride, multiplyDim(frames, out!)]), [1, 0]);
  return reshape(g, interleaved, [1, out!, multiplyDim(frames, stride)]);
}
