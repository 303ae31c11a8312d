import type { WeightScope } from '../checkpoint/weight-scope.ts';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../graph/graph-types.ts';

/**
 * x / √(mean of x² + epsilon) · `weight`, over the last axis: `x [..., width]`.
 * Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019. The operator is ONNX Runtime's own.
 */
export function rmsNorm(g: GraphBuilder, weights: WeightScope, x: GraphTensor, epsilon: number): GraphTensor {
  const width = x.shape.at(-1);
  if (typeof width !== 'number') throw g.error('RMS norm', describe(x), 'a fixed last axis');
  return rmsNormBy(g, weights.tensor(g, 'weight', [width]), x, epsilon);
}

/** The same with a weight `[width]` from elsewhere. */
export function rmsNormBy(g: GraphBuilder, weight: GraphTensor, x: GraphTensor, epsilon: number): GraphTensor {
  return g.node('SimplifiedLayerNormalization', [x, weight], x, { axis: -1, epsilon: { float: epsilon } });
}
