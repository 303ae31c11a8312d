import { dimsEqual } from '../../graph/dim.ts';
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../../graph/graph-types.ts';
import { reshape } from '../../ops/shape.ts';

export interface FullAttentionOptions {
  readonly headCount: number;
  /** `[1, heads, positions, positions]`, added to the scaled scores of queries (rows) and keys (columns). */
  readonly bias?: GraphTensor;
}

/**
 * Attention of every position to every other, in both directions: queries, keys and values `[positions, channels] →
 * [positions, channels]`. Scores are scaled by 1 / √(channels / heads).
 * It is one operator of the runtime: without a bias, its scores never lie in memory as a whole.
 * Source: Vaswani et al., 2017; microsoft/onnxruntime, docs/ContribOperators.md, `com.microsoft.MultiHeadAttention`.
 */
export function fullAttention(
  g: GraphBuilder,
  {
    queries,
    keys,
    values,
  }: { readonly queries: GraphTensor; readonly keys: GraphTensor; readonly values: GraphTensor },
  { headCount, bias }: FullAttentionOptions,
): GraphTensor {
  const [positions, channels] = queries.shape as readonly [GraphTensor['shape'][number], number];
  for (const part of [queries, keys, values]) {
    const fits = part.shape.length === 2 && dimsEqual(part.shape[0]!, positions) && part.shape[1] === channels;
    if (!fits || channels % headCount !== 0) {
      throw g.error('attention', describe(part), `[positions, ${headCount} · width], as ${describe(queries)}`);
    }
  }
  const batched = (x: GraphTensor): GraphTensor => reshape(g, x, [1, positions, channels]);
  const inputs = [batched(queries), batched(keys), batched(values)];
  const [mixed] = g.nodeWithOutputs(
    'MultiHeadAttention',
    bias === undefined ? inputs : [...inputs, undefined, undefined, bias],
    [{ elementType: queries.elementType, shape: [1, positions, channels] }],
    { num_heads: headCount },
    'com.microsoft',
  );
  return reshape(g, mixed!, [positions, channels]);
}
