import type { WeightScope } from '../checkpoint/weight-scope.ts';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import type { GraphTensor } from '../graph/graph-types.ts';
import { add } from '../ops/elementwise.ts';
import { matMul } from '../ops/matrix.ts';

/** `x [rows, in] · weight [in, out] + bias [out]` */
export function linear(g: GraphBuilder, weights: WeightScope, x: GraphTensor, outputWidth: number): GraphTensor {
  const inputWidth = x.shape[1] as number;
  const product = matMul(g, x, weights.tensor(g, 'weight', [inputWidth, outputWidth]));
  return add(g, product, weights.tensor(g, 'bias', [outputWidth]));
}
