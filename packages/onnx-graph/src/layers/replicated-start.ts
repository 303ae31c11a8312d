import type { GraphBuilder } from '../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../graph/graph-types.ts';
import { cast } from '../ops/matrix.ts';
import { concat, slice } from '../ops/shape.ts';

/**
 * The rows before a chunk, then the chunk: `x [rows, width] → [count + rows, width]`. A stream starts with its first row
 * repeated; the last `count` rows are carried to its next chunk, which must be no shorter than that.
 */
export function withReplicatedStart(g: GraphBuilder, x: GraphTensor, count: number): GraphTensor {
  if (x.shape.length !== 2) throw g.error('replicated start', describe(x), '[rows, width]');
  const history = g.state('history', x.elementType, [count, x.shape[1] as number]);
  const started = g.state('started', 'float32', [1]);
  started.advance(g.constant(Float32Array.of(1), [1]));
  const before = g.node('Where', [cast(g, started.value, 'bool'), history.value, slice(g, x, 0, 0, 1)], {
    elementType: x.elementType,
    shape: [count, x.shape[1]!],
  });
  const extended = concat(g, [before, x], 0);
  history.advance(slice(g, extended, 0, { fromEnd: count }, { fromEnd: 0 }));
  return extended;
}
