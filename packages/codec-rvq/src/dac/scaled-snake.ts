import {
  add,
  type ConvWeights,
  divide,
  type GraphBuilder,
  type GraphTensor,
  multiply,
  reshape,
  scaledSnake,
  type WeightScope,
} from '@speech-tokens/onnx-graph';

// The Snake activation is x + sin²(αx) / α. Its multiplications by constants move into the weights of the layers around
// it: where a layer before it gives αx and the layer after it takes α times the activation, what is left is αx + sin²(αx).

/**
 * The learned `alpha [1, channels, 1]`, kept from being 0 by an epsilon (descriptinc/descript-audio-codec,
 * dac/nn/layers.py, `snake`).
 */
export function snakeAlpha(g: GraphBuilder, weights: WeightScope, channels: number): GraphTensor {
  return add(g, weights.tensor(g, 'alpha', [1, channels, 1]), g.scalar(1e-9));
}

/** α · snake(x): `[1, channels, samples]` in and out. */
export function snakeTimesAlpha(g: GraphBuilder, alpha: GraphTensor, x: GraphTensor): GraphTensor {
  return scaledSnake(g, multiply(g, x, alpha));
}

/** Weights `[out, in, kernel]` that take α times their input. */
export function takingScaled(g: GraphBuilder, { weight, bias }: ConvWeights, alpha: GraphTensor): ConvWeights {
  return { weight: divide(g, weight, alpha), ...(bias === undefined ? {} : { bias }) };
}

/** Weights `[out, in, kernel]` that give α times their output. */
export function givingScaled(g: GraphBuilder, { weight, bias }: ConvWeights, alpha: GraphTensor): ConvWeights {
  const channels = weight.shape[0]!;
  return {
    weight: multiply(g, weight, reshape(g, alpha, [channels, 1, 1])),
    ...(bias === undefined ? {} : { bias: multiply(g, bias, reshape(g, alpha, [channels])) }),
  };
}
