import {
  type ConvWeights,
  conv1d,
  type GraphBuilder,
  type GraphTensor,
  reflectedSignal,
  slice,
  timeGroupNorm,
  transposedConv1d,
  type WeightScope,
  weightNormed,
} from '@speech-tokens/onnx-graph';
import type { EncodecConfig } from './encodec-config.ts';
import { convPadding, transposedTrim } from './reach.ts';
import type { SeanetLayers } from './seanet.ts';

/** As torch.nn.GroupNorm has it by default. */
const epsilon = 1e-5;

/**
 * Layers over a whole signal `[1, channels, samples]` that starts and ends with it: each convolution looks to both sides
 * and sees the signal's reflection beyond its ends.
 */
export function wholeLayers(g: GraphBuilder, { norm }: EncodecConfig): SeanetLayers {
  const normed = (weights: WeightScope, x: GraphTensor): GraphTensor =>
    norm === 'time_group_norm' ? timeGroupNorm(g, weights.scope('norm'), x, epsilon) : x;
  return {
    conv(weights, x, { inChannels, outChannels, kernelSize, stride = 1, dilation = 1 }) {
      const edges = convPadding(kernelSize, stride, dilation);
      const isPadded = edges.before + edges.after > 0;
      const padded = isPadded ? reflectedSignal(g, x, { ...edges, stride }) : x;
      const parts: ConvWeights = {
        weight: weightNormed(g, weights.scope('conv'), [outChannels, inChannels, kernelSize]),
        bias: weights.scope('conv').tensor(g, 'bias', [outChannels]),
      };
      return normed(weights, conv1d(g, parts, padded, { stride, dilation }));
    },
    transposedConv(weights, x, { inChannels, outChannels, stride = 1 }) {
      const parts = {
        weight: weightNormed(g, weights.scope('conv'), [inChannels, outChannels, 2 * stride]),
        bias: weights.scope('conv').tensor(g, 'bias', [outChannels]),
      };
      // The norm counts the samples that are trimmed after it.
      const y = normed(weights, transposedConv1d(g, parts, x, { stride, trim: [0, 0] }));
      const trim = transposedTrim(stride);
      return slice(g, y, 2, trim.before, { fromEnd: trim.after });
    },
  };
}
