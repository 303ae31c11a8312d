import type { WeightScope } from '../../checkpoint/weight-scope.ts';
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import type { GraphTensor } from '../../graph/graph-types.ts';
import { add, divide, multiply, sin } from '../../ops/elementwise.ts';
import { reshape } from '../../ops/shape.ts';
import type { ConvWeights } from './conv1d.ts';

// The Snake activation is x + sin²(αx) / α, with an α for each channel (Ziyin et al., "Neural Networks Fail to Learn
// Periodic Functions and How to Fix It"). Its multiplications by constants move into the weights of the layers around it:
// where a layer before it gives αx and the layer after it takes α times the activation, what is left is αx + sin²(αx).

/**
 * The learned α `[channels]`, stored as `alpha [1, channels, 1]` and kept from being 0 by an epsilon.
 * Sources: descriptinc/descript-audio-codec, dac/nn/layers.py, `snake`; hubertsiuzdak/snac, snac/layers.py, `snake`.
 */
export function snakeAlpha(g: GraphBuilder, weights: WeightScope, channels: number): GraphTensor {
  return add(g, reshape(g, weights.tensor(g, 'alpha', [1, channels, 1]), [channels]), g.scalar(1e-9));
}

/** α · Snake(x): `x [1, channels, samples]`, `alpha [channels]`. */
export function snakeTimesAlpha(g: GraphBuilder, alpha: GraphTensor, x: GraphTensor): GraphTensor {
  return scaledSnake(g, multiply(g, x, reshape(g, alpha, [1, alpha.shape[0]!, 1])));
}

/** α · Snake(x) for an input u = αx: u + sin²(u). */
export function scaledSnake(g: GraphBuilder, u: GraphTensor): GraphTensor {
  const wave = sin(g, u);
  return add(g, u, multiply(g, wave, wave));
}

/** Factors for each channel, `[channels]`, that a layer's neighbours work with. */
export interface ConvFactors {
  /** What the input comes multiplied by. */
  readonly takes: GraphTensor;
  /** The axis of the weight on which the channels of the input lie; 1 where absent, as in `[out, in, kernel]`. */
  readonly takesAxis?: 0 | 1;
  /** What the output is to be multiplied by; its channels lie on axis 0. */
  readonly gives?: GraphTensor;
}

/**
 * Weights that do the same to multiplied signals: one multiplication of the weight, so that no further copy of it is made
 * when the graph is loaded.
 */
export function rescaledConv(
  g: GraphBuilder,
  { weight, bias }: ConvWeights,
  { takes, takesAxis = 1, gives }: ConvFactors,
): ConvWeights {
  const onAxis = (factor: GraphTensor, axis: 0 | 1): GraphTensor =>
    reshape(g, factor, axis === 0 ? [factor.shape[0]!, 1, 1] : [1, factor.shape[0]!, 1]);
  const taken = onAxis(takes, takesAxis);
  if (gives === undefined) return { weight: divide(g, weight, taken), ...(bias === undefined ? {} : { bias }) };
  return {
    weight: multiply(g, weight, divide(g, onAxis(gives, 0), taken)),
    ...(bias === undefined ? {} : { bias: multiply(g, bias, gives) }),
  };
}
