import {
  add,
  affineNorm,
  conv1d,
  divide,
  type GraphBuilder,
  type GraphTensor,
  gelu,
  matMul,
  multiply,
  projection,
  reshape,
  rowsToSignal,
  signalToRows,
  sqrt,
  subtract,
  sumAxis,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import type { StridedConvolution, WaveConfig } from './wave-config.ts';

/** torch.nn.LayerNorm and GroupNorm, where nothing else is said. */
const convolutionNormEpsilon = 1e-5;

/**
 * From samples to rows: `samples [1, 1, hop · frames + window − hop] → [frames, width]`, a strided convolution after the
 * other, without padding, then the projection to the width of the layers.
 * Where the first one is followed by a group norm, the graph has the inputs `mean [kernel]` and
 * `covariance-root [kernel, kernel]`, see `windowStatistics`.
 * Source: Baevski et al., "wav2vec 2.0", 2020, section 2; huggingface/transformers, `models/hubert/modeling_hubert.py`,
 * `HubertFeatureEncoder` and `HubertFeatureProjection`.
 */
export function convStem(g: GraphBuilder, weights: WeightScope, config: WaveConfig, samples: GraphTensor): GraphTensor {
  let x = samples;
  let inChannels = 1;
  for (const [i, convolution] of config.convolutions.entries()) {
    const layer = weights.scope('feature_extractor').scope('conv_layers').scope(i);
    x = g.scope(`convolution-${i}`, () => {
      const { channels, stride } = convolution;
      if (i === 0 && config.convolutionNorm === 'group') {
        return gelu(g, conv1d(g, foldedGroupNorm(g, layer, config, convolution), x, { stride }));
      }
      const y = conv1d(g, convolutionWeights(g, layer.scope('conv'), config, convolution, inChannels), x, { stride });
      if (config.convolutionNorm === 'group') return gelu(g, y);
      const rows = affineNorm(g, layer.scope('layer_norm'), signalToRows(g, y), convolutionNormEpsilon);
      return gelu(g, channels === 1 ? y : rowsToSignal(g, rows));
    });
    inChannels = convolution.channels;
  }
  const { width, normEpsilon } = config.layers;
  return g.scope('projection', () => {
    const scope = weights.scope('feature_projection');
    const rows = signalToRows(g, x);
    const normed = config.hasProjectionNorm ? affineNorm(g, scope.scope('layer_norm'), rows, normEpsilon) : rows;
    const bias = scope.scope('projection').tensor(g, 'bias', [width]);
    return projection(g, scope.scope('projection').tensor(g, 'weight', [width, inChannels]), normed, { bias });
  });
}

function convolutionWeights(
  g: GraphBuilder,
  weights: WeightScope,
  config: WaveConfig,
  { channels, kernelSize }: StridedConvolution,
  inChannels: number,
): { readonly weight: GraphTensor; readonly bias?: GraphTensor } {
  const weight = weights.tensor(g, 'weight', [channels, inChannels, kernelSize]);
  return config.hasConvolutionBias ? { weight, bias: weights.tensor(g, 'bias', [channels]) } : { weight };
}

/**
 * The first convolution and the group norm after it as one: each channel is normalised over the whole recording, whose
 * mean and deviation follow from the statistics of its windows. A bias would fall out again.
 */
function foldedGroupNorm(
  g: GraphBuilder,
  weights: WeightScope,
  config: WaveConfig,
  convolution: StridedConvolution,
): { readonly weight: GraphTensor; readonly bias: GraphTensor } {
  const { channels, kernelSize } = convolution;
  const mean = g.input('mean', 'float32', [kernelSize, 1]);
  const root = g.input('covariance-root', 'float32', [kernelSize, kernelSize]);
  const { weight } = convolutionWeights(g, weights.scope('conv'), config, convolution, 1);
  const filters = reshape(g, weight, [channels, kernelSize]);
  const spread = matMul(g, filters, root);
  const variance = reshape(g, sumAxis(g, multiply(g, spread, spread), 1), [channels, 1]);
  const norm = (name: string): GraphTensor =>
    reshape(g, weights.scope('layer_norm').tensor(g, name, [channels]), [channels, 1]);
  const gain = divide(g, norm('weight'), sqrt(g, add(g, variance, g.scalar(convolutionNormEpsilon))));
  const bias = subtract(g, norm('bias'), multiply(g, matMul(g, filters, mean), gain));
  return {
    weight: reshape(g, multiply(g, filters, gain), [channels, 1, kernelSize]),
    bias: reshape(g, bias, [channels]),
  };
}
