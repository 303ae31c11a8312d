import {
  type ConvWeights,
  causalTransposedConv1d,
  conv1d,
  convRowsByTaps,
  type GraphBuilder,
  type GraphTensor,
  rowsToSignal,
  signalToRows,
  streamStarted,
  transposedConvRowsByTaps,
  type WeightScope,
  weightNormed,
  withHistory,
  withReflectedEdges,
  withSignalHistory,
} from '@speech-tokens/onnx-graph';
import type { ConvShape, SeanetLayers } from './seanet.ts';

/**
 * From so many samples a run on, a convolution's values do not depend on how many are computed with them
 * (decisions/0012): where each frame has that many, layers are convolutions on `[1, channels, samples]`; where it has
 * fewer, products on `[samples, channels]`.
 */
const leastSignalSamples = 65;

/**
 * Causal layers as a stream, with what each needs of the past carried from run to run. The first run of a stream must
 * have more frames than any layer reaches back, see `withReflectedEdges`.
 */
export function streamLayers(g: GraphBuilder): SeanetLayers {
  const started = g.scope('stream', () => streamStarted(g));
  return {
    conv(weights, x, shape) {
      const { kernelSize, stride = 1, dilation = 1 } = shape;
      const before = dilation * (kernelSize - 1) + 1 - stride;
      const input = samplesPerFrame(x) / stride < leastSignalSamples ? asRows(g, x) : x;
      const axis = isRows(input) ? 0 : 2;
      const padded = before === 0 ? input : withReflectedEdges(g, input, { started, axis, before, stride });
      const parts = convWeights(g, weights.scope('conv'), shape);
      return isRows(padded)
        ? convRowsByTaps(g, parts, padded, { stride, dilation })
        : conv1d(g, parts, padded, { stride, dilation });
    },
    transposedConv(weights, x, { inChannels, outChannels, stride = 1 }) {
      const parts = {
        weight: weightNormed(g, weights.scope('conv'), [inChannels, outChannels, 2 * stride]),
        bias: weights.scope('conv').tensor(g, 'bias', [outChannels]),
      };
      if (!isRows(x)) return causalTransposedConv1d(g, parts, withSignalHistory(g, x, 1), { stride });
      const y = transposedConvRowsByTaps(g, parts, withHistory(g, x, 1), { stride });
      return samplesPerFrame(y) < leastSignalSamples ? y : rowsToSignal(g, y);
    },
  };
}

function convWeights(g: GraphBuilder, weights: WeightScope, shape: ConvShape): ConvWeights {
  const { inChannels, outChannels, kernelSize } = shape;
  return {
    weight: weightNormed(g, weights, [outChannels, inChannels, kernelSize]),
    bias: weights.tensor(g, 'bias', [outChannels]),
  };
}

function isRows(x: GraphTensor): boolean {
  return x.shape.length === 2;
}

function asRows(g: GraphBuilder, x: GraphTensor): GraphTensor {
  return isRows(x) ? x : signalToRows(g, x);
}

function samplesPerFrame(x: GraphTensor): number {
  const samples = x.shape[isRows(x) ? 0 : 2]!;
  return typeof samples === 'number' ? samples : samples.times;
}
