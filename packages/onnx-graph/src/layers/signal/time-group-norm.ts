import type { WeightScope } from '../../checkpoint/weight-scope.ts';
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../../graph/graph-types.ts';
import { add, divide, multiply, sqrt, subtract } from '../../ops/elementwise.ts';
import { reshape } from '../../ops/shape.ts';

/**
 * Normalises a whole signal over channels and time together, then scales and shifts each channel:
 * `x [1, channels, samples]`, `weight` and `bias [channels]`. It is torch.nn.GroupNorm with one group.
 * Means are taken over time first, then over channels: sums of millions of floats in one go would lose digits.
 */
export function timeGroupNorm(g: GraphBuilder, weights: WeightScope, x: GraphTensor, epsilon: number): GraphTensor {
  const channels = x.shape[1];
  if (x.shape.length !== 3 || typeof channels !== 'number')
    throw g.error('group norm', describe(x), '[1, channels, samples]');
  const average = mean(g, mean(g, x, 2), 1);
  const squares = mean(g, mean(g, multiply(g, x, x), 2), 1);
  // Rounding may leave less than nothing of a signal that hardly varies.
  const difference = subtract(g, squares, multiply(g, average, average));
  const variance = g.node('Max', [difference, g.scalar(0)], difference);
  const deviation = reshape(g, sqrt(g, add(g, variance, g.scalar(epsilon))), [1]);
  const scale = divide(g, weights.tensor(g, 'weight', [channels]), deviation);
  const shift = subtract(g, weights.tensor(g, 'bias', [channels]), multiply(g, reshape(g, average, [1]), scale));
  // A batch norm of mean 0 and variance 1: a product and a sum for each channel in one pass.
  const same = [0, 1].map((value) => g.constant(new Float32Array(channels).fill(value), [channels]));
  return g.node('BatchNormalization', [x, scale, shift, ...same], x, { epsilon: { float: 0 } });
}

/** `[1, channels, samples] → [1, 1, samples]` or `[1, channels, 1]` */
function mean(g: GraphBuilder, x: GraphTensor, axis: number): GraphTensor {
  return reduce(g, 'ReduceMean', x, axis);
}

function reduce(g: GraphBuilder, operator: string, x: GraphTensor, axis: number): GraphTensor {
  const shape = x.shape.map((dim, i) => (i === axis ? 1 : dim));
  return g.node(operator, [x, g.int64s([axis])], { elementType: x.elementType, shape }, { keepdims: 1 });
}
