import type { WeightScope } from '../checkpoint/weight-scope.ts';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../graph/graph-types.ts';

/**
 * Layer norm over the last axis with learned `weight` and `bias`, as torch.nn.LayerNorm: `x [rows, width]`.
 * Source: Ba et al., 2016.
 */
export function affineNorm(g: GraphBuilder, weights: WeightScope, x: GraphTensor, epsilon: number): GraphTensor {
  const width = x.shape.at(-1);
  if (typeof width !== 'number') throw g.error('layer norm', describe(x), 'a fixed last axis');
  const parts = [weights.tensor(g, 'weight', [width]), weights.tensor(g, 'bias', [width])];
  return g.node('LayerNormalization', [x, ...parts], x, { axis: -1, epsilon: { float: epsilon } });
}
