import type { GraphBuilder } from '../graph/graph-builder.ts';
import type { GraphTensor } from '../graph/graph-types.ts';
import { concat, slice } from '../ops/shape.ts';

/**
 * The rows before a chunk, then the chunk: `x [rows, width] → [rows + count, width]`. A stream starts with zeros; the
 * last `count` rows are carried to its next chunk. This is all that makes a causal layer stream.
 */
export function withHistory(g: GraphBuilder, x: GraphTensor, count: number): GraphTensor {
  const history = g.state('history', x.elementType, [count, ...(x.shape.slice(1) as number[])]);
  const extended = concat(g, [history.value, x], 0);
  history.advance(slice(g, extended, 0, { fromEnd: count }, { fromEnd: 0 }));
  return extended;
}

/**
 * Each row with the `count − 1` rows before it side by side, oldest first: `x [rows, width] → [rows, count · width]`.
 */
export function withContext(g: GraphBuilder, x: GraphTensor, count: number): GraphTensor {
  const extended = withHistory(g, x, count - 1);
  return concat(
    g,
    Array.from({ length: count }, (_, i) => slice(g, extended, 0, i, { fromEnd: count - 1 - i })),
    1,
  );
}
