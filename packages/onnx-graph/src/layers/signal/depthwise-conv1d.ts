import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../../graph/graph-types.ts';
import { reshape } from '../../ops/shape.ts';
import type { ConvWeights } from './conv1d.ts';

/**
 * A convolution of each channel by itself that keeps the length, odd kernel, zeros around:
 * `x [1, channels, samples] → [1, channels, samples]`, weight `[channels, 1, kernel]`.
 *
 * Built as one over images of one row: for these the runtime has kernels that take 16 channels at a time, and needs half
 * the time that it needs for as many convolutions over time, one after another.
 */
export function depthwiseConv1d(
  g: GraphBuilder,
  { weight, bias }: ConvWeights,
  x: GraphTensor,
  { dilation = 1 }: { readonly dilation?: number } = {},
): GraphTensor {
  const [channels, perGroup, kernel] = weight.shape as readonly [number, number, number];
  if (x.shape.length !== 3 || x.shape[1] !== channels || perGroup !== 1 || kernel % 2 === 0) {
    throw g.error('depthwise convolution', describe(x), `[1, ${channels}, samples] for weights ${describe(weight)}`);
  }
  const around = (dilation * (kernel - 1)) / 2;
  const samples = x.shape[2]!;
  const image = reshape(g, x, [1, channels, 1, samples]);
  const taps = reshape(g, weight, [channels, 1, 1, kernel]);
  const y = g.node('Conv', bias === undefined ? [image, taps] : [image, taps, bias], image, {
    kernel_shape: [1, kernel],
    strides: [1, 1],
    dilations: [1, dilation],
    group: channels,
    pads: [0, around, 0, around],
  });
  return reshape(g, y, [1, channels, samples]);
}
