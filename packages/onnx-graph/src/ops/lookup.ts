import type { GraphBuilder } from '../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../graph/graph-types.ts';

/** Rows of a table: `table [rows, width], ids [...] → [..., width]`. */
export function gatherRows(g: GraphBuilder, table: GraphTensor, ids: GraphTensor): GraphTensor {
  if (table.shape.length !== 2) throw g.error('lookup', describe(table), 'a table [rows, width]');
  return g.node(
    'Gather',
    [table, ids],
    { elementType: table.elementType, shape: [...ids.shape, table.shape[1]!] },
    { axis: 0 },
  );
}

/** One slice of the first axis: `[count, ...] → [...]`. */
export function selectFirst(g: GraphBuilder, x: GraphTensor, index: number): GraphTensor {
  const at = g.constant(BigInt64Array.of(BigInt(index)), []);
  return g.node('Gather', [x, at], { elementType: x.elementType, shape: x.shape.slice(1) }, { axis: 0 });
}

/** Position of the greatest value of the last axis, the first where several are equal: `[rows, n] → int64 [rows, 1]`. */
export function argMaxLast(g: GraphBuilder, x: GraphTensor): GraphTensor {
  const shape = [...x.shape.slice(0, -1), 1];
  return g.node('ArgMax', [x], { elementType: 'int64', shape }, { axis: -1, keepdims: 1 });
}

/** Sum over one axis, which falls away. */
export function sumAxis(g: GraphBuilder, x: GraphTensor, axis: number): GraphTensor {
  const shape = x.shape.filter((_, i) => i !== axis);
  return g.node('ReduceSum', [x, g.int64s([axis])], { elementType: x.elementType, shape }, { keepdims: 0 });
}

/** Sums of the rows up to and with each: `[rows, ...]`. Exact, however a stream is cut, for integers alone. */
export function cumulativeSum(g: GraphBuilder, x: GraphTensor): GraphTensor {
  return g.node('CumSum', [x, g.constant(Int32Array.of(0), [])], x);
}
