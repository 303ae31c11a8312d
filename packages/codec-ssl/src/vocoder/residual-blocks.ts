import {
  add,
  type ConvWeights,
  conv1d,
  type GraphBuilder,
  type GraphTensor,
  leakyRelu,
  multiply,
  sameConv1d,
  type WeightScope,
  weightNormed,
} from '@speech-tokens/onnx-graph';
import type { VocoderConfig } from './vocoder-config.ts';

/** The weights of a convolution with a bias, whether weight norm is folded or not; `biasAxis` 1 for transposed ones. */
export function convWeights(
  g: GraphBuilder,
  weights: WeightScope,
  shape: readonly number[],
  biasAxis: 0 | 1 = 0,
): ConvWeights {
  return { weight: weightNormed(g, weights, shape), bias: weights.tensor(g, 'bias', [shape[biasAxis]!]) };
}

/**
 * The mean of residual blocks side by side, each with another kernel: `[1, channels, samples]` in and out.
 * @param weights those of `resblocks`
 * @param first the number of the level's first block
 */
export function residualBlocks(
  g: GraphBuilder,
  config: Pick<VocoderConfig, 'blocks' | 'leakySlope'>,
  weights: WeightScope,
  x: GraphTensor,
  first: number,
): GraphTensor {
  const results = config.blocks.map((shape, j) => {
    const own = weights.scope(first + j);
    let y = x;
    for (const [i, dilation] of shape.dilations.entries()) {
      y = g.scope(`resblocks.${first + j}.${i}`, () => {
        const conv = (name: string, z: GraphTensor, spread: number): GraphTensor => {
          const channels = x.shape[1] as number;
          const parts = convWeights(g, own.scope(name).scope(i), [channels, channels, shape.kernel]);
          return keepLength(g, parts, leakyRelu(g, z, config.leakySlope), spread);
        };
        const inner = conv('convs1', y, dilation);
        return add(g, conv('convs2', inner, 1), y);
      });
    }
    return y;
  });
  const sum = results.reduce((a, b) => add(g, a, b));
  return multiply(g, sum, g.scalar(1 / results.length));
}

/** With eleven taps minimal filtering would lose too many digits. */
function keepLength(g: GraphBuilder, weights: ConvWeights, x: GraphTensor, dilation: number): GraphTensor {
  const kernel = weights.weight.shape[2] as number;
  if (kernel <= 7) return sameConv1d(g, weights, x, { dilation });
  const around = (dilation * (kernel - 1)) / 2;
  return conv1d(g, weights, x, { dilation, padding: [around, around] });
}
