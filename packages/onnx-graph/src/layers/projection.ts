import type { GraphBuilder } from '../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../graph/graph-types.ts';

export interface ProjectionOptions {
  /** `[out]`, added to each row, or `[rows, out]`. */
  readonly bias?: GraphTensor;
  /** The products are multiplied by it, before the bias is added. 1 by default. */
  readonly scale?: number;
}

/**
 * `x [rows, in] · weightᵀ + bias`, with the weight as torch.nn.Linear keeps it, `[out, in]`: the runtime packs it as it
 * lies, without a transposed copy. A row's values do not depend on how many are computed with it (decisions/0012).
 */
export function projection(
  g: GraphBuilder,
  weight: GraphTensor,
  x: GraphTensor,
  { bias, scale = 1 }: ProjectionOptions = {},
): GraphTensor {
  const [out, inputWidth] = weight.shape;
  if (x.shape.length !== 2 || weight.shape.length !== 2 || x.shape[1] !== inputWidth) {
    throw g.error('projection', describe(x), `[rows, ${inputWidth}] for weights ${describe(weight)}`);
  }
  return g.node(
    'Gemm',
    bias === undefined ? [x, weight] : [x, weight, bias],
    { elementType: x.elementType, shape: [x.shape[0]!, out!] },
    { transB: 1, alpha: { float: scale } },
  );
}
