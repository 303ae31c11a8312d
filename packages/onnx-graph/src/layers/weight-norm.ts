import type { WeightScope } from '../checkpoint/weight-scope.ts';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import type { GraphTensor } from '../graph/graph-types.ts';
import { divide, multiply, sqrt } from '../ops/elementwise.ts';

/**
 * A weight that may be kept as a direction v and, for each index of one axis, a length g: g · v / ‖v‖, as float32.
 * Checkpoints have it as `weight_g` and `weight_v`, as `parametrizations.weight.original0` and `…original1`, or folded
 * as `weight`; they are looked for in this order. A fold is a few nodes over constants, which the runtime computes once
 * when it loads the graph.
 * @param shape of the weight; also of v, and g has the axis of lengths and ones
 * @param lengthAxis the axis with a length for each index: the first by default, as in PyTorch
 * @throws SpeechTokensError `checkpoint-invalid` when none is there, or one is of another shape
 * Source: Salimans and Kingma, 2016; pytorch/pytorch, `torch/nn/utils/weight_norm.py` and `parametrizations.py` (`dim`).
 */
export function weightNormed(
  g: GraphBuilder,
  weights: WeightScope,
  shape: readonly number[],
  lengthAxis = 0,
): GraphTensor {
  const names = [
    ['weight_g', 'weight_v'],
    ['parametrizations.weight.original0', 'parametrizations.weight.original1'],
  ] as const;
  const found = names.find(([length, direction]) => weights.has(length) || weights.has(direction));
  if (found === undefined) return weights.tensor(g, 'weight', shape);
  const lengthShape = shape.map((size, axis) => (axis === lengthAxis ? size : 1));
  const length = weights.tensor(g, found[0], lengthShape);
  const direction = weights.tensor(g, found[1], shape);
  const axes = g.int64s(shape.map((_, axis) => axis).filter((axis) => axis !== lengthAxis));
  const squares = multiply(g, direction, direction);
  const sum = g.node('ReduceSum', [squares, axes], { elementType: 'float32', shape: lengthShape }, { keepdims: 1 });
  return multiply(g, direction, divide(g, length, sqrt(g, sum)));
}
