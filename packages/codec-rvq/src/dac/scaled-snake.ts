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

/**
 * Weights `[out, in, kernel]` that take α times their input, and give β times their output: one multiplication, so that
 * no further copy of the weights is made when the graph is loaded.
 */
export function rescaled(
  g: GraphBuilder,
  { weight, bias }: ConvWeights,
  { takes, gives }: { readonly takes: GraphTensor; readonly gives?: GraphTensor },
): ConvWeights {
  const kept = bias === undefined ? {} : { bias };
  if (gives === undefined) return { weight: divide(g, weight, takes), ...kept };
  const channels = gives.shape[1]!;
  const factor = divide(g, reshape(g, gives, [channels, 1, 1]), takes);
  return {
    weight: multiply(g, weight, factor),
    ...(bias === undefined ? {} : { bias: multiply(g, bias, reshape(g, gives, [channels])) }),
  };
}
