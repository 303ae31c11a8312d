import type { GraphBuilder } from '../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../graph/graph-types.ts';
import { slice } from '../ops/shape.ts';

export interface ProjectionOptions {
  /** `[out]`, added to each row, or `[rows, out]`. */
  readonly bias?: GraphTensor;
  /** The products are multiplied by it, before the bias is added. 1 by default. */
  readonly scale?: number;
  /**
   * The most terms of one sum; longer ones are cut into several products of about equal length, each added to those
   * before. All in one by default. A shorter sum is more exact, as its rounding errors have less time to add up.
   */
  readonly longestSum?: number;
}

/**
 * `x [rows, in] · weightᵀ + bias`, with the weight as torch.nn.Linear keeps it, `[out, in]`: the runtime packs it as it
 * lies, without a transposed copy. A row's values do not depend on how many are computed with it (decisions/0012).
 */
export function projection(
  g: GraphBuilder,
  weight: GraphTensor,
  x: GraphTensor,
  { bias, scale = 1, longestSum = Number.POSITIVE_INFINITY }: ProjectionOptions = {},
): GraphTensor {
  const [out, inputWidth] = weight.shape as readonly number[];
  if (x.shape.length !== 2 || weight.shape.length !== 2 || x.shape[1] !== inputWidth) {
    throw g.error('projection', describe(x), `[rows, ${inputWidth}] for weights ${describe(weight)}`);
  }
  const product = { elementType: x.elementType, shape: [x.shape[0]!, out!] };
  const pieces = Math.max(1, Math.ceil(inputWidth! / longestSum));
  let sum = bias;
  for (let piece = 0; piece < pieces; piece++) {
    const edges = [piece, piece + 1].map((at) => Math.round((at * inputWidth!) / pieces));
    const [columns, ofWeight] = [x, weight].map((y) => (pieces === 1 ? y : slice(g, y, 1, edges[0]!, edges[1]!)));
    const inputs = [columns!, ofWeight!, ...(sum === undefined ? [] : [sum])];
    sum = g.node('Gemm', inputs, product, { transB: 1, alpha: { float: scale } });
  }
  return sum!;
}
