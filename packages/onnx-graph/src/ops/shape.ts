import {
  addDims,
  type Dim,
  dimsEqual,
  divideDim,
  formatDim,
  formatShape,
  multiplyDim,
  type Shape,
} from '../graph/dim.ts';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../graph/graph-types.ts';

export function concat(g: GraphBuilder, parts: readonly GraphTensor[], axis: number): GraphTensor {
  const [first] = parts;
  let total: Dim = 0;
  for (const part of parts) {
    const others = part.shape.every((dim, i) => i === axis || dimsEqual(dim, first!.shape[i]!));
    const sum: Dim | undefined = addDims(total, part.shape[axis]!);
    if (!others || part.elementType !== first!.elementType || sum === undefined) {
      throw g.error(`concatenation on axis ${axis}`, describe(part), `to fit ${describe(first!)}`);
    }
    total = sum;
  }
  const shape = first!.shape.map((dim, i) => (i === axis ? total : dim));
  return g.node('Concat', parts, { elementType: first!.elementType, shape }, { axis });
}

/**
 * `[start, end)` of one axis. Both count from the front; `end` may be as long as the axis or fall short of it by a
 * fixed number: `{ fromEnd: 6 }` is all but the last six.
 */
export function slice(
  g: GraphBuilder,
  x: GraphTensor,
  axis: number,
  start: number | { readonly fromEnd: number },
  end: number | { readonly fromEnd: number },
): GraphTensor {
  const length = x.shape[axis]!;
  const at = (edge: number | { readonly fromEnd: number }): Dim | undefined =>
    typeof edge === 'number' ? edge : addDims(length, -edge.fromEnd);
  const from = at(start);
  const to = at(end);
  const size = from === undefined || to === undefined ? undefined : addDims(to, negated(from));
  if (size === undefined) throw g.error('slice', describe(x), 'a length that follows from its axis');
  const index = (edge: number | { readonly fromEnd: number }): number => {
    if (typeof edge === 'number') return edge;
    return edge.fromEnd === 0 ? Number.MAX_SAFE_INTEGER : -edge.fromEnd;
  };
  const shape = x.shape.map((dim, i) => (i === axis ? size : dim));
  return g.node('Slice', [x, g.int64s([index(start)]), g.int64s([index(end)]), g.int64s([axis])], {
    elementType: x.elementType,
    shape,
  });
}

/** Zeros before and after one axis. */
export function pad(
  g: GraphBuilder,
  x: GraphTensor,
  axis: number,
  [before, after]: readonly [number, number],
): GraphTensor {
  if (before === 0 && after === 0) return x;
  const at = (count: number): number[] => x.shape.map((_, i) => (i === axis ? count : 0));
  const shape = x.shape.map((dim, i) => (i === axis ? addDims(dim, before + after)! : dim));
  return g.node('Pad', [x, g.int64s([...at(before), ...at(after)])], { elementType: x.elementType, shape });
}

/** One axis from its end to its start. */
export function reverse(g: GraphBuilder, x: GraphTensor, axis: number): GraphTensor {
  if (x.shape[axis] === 1) return x;
  const edges = [-1, -Number.MAX_SAFE_INTEGER, axis, -1].map((value) => g.int64s([value]));
  return g.node('Slice', [x, ...edges], x);
}

/**
 * Zeros after the last axis, up to a multiple of `multiple`. Vectorized kernels compute the last few values of a tensor
 * by other instructions, with other roundings: where a row is a whole number of vectors (16 floats are enough for all
 * of today's), its values do not depend on how many rows are computed with it, and streams equal whole files exactly.
 */
export function padLast(g: GraphBuilder, x: GraphTensor, multiple: number): GraphTensor {
  const width = x.shape.at(-1);
  if (typeof width !== 'number') throw g.error('padding', describe(x), 'a fixed last axis');
  const padded = Math.ceil(width / multiple) * multiple;
  if (padded === width) return x;
  return pad(g, x, x.shape.length - 1, [0, padded - width]);
}

/**
 * The same values in another shape. At most one axis of the new shape may be symbolic; its length is checked to be
 * the right one.
 */
export function reshape(g: GraphBuilder, x: GraphTensor, shape: Shape): GraphTensor {
  const before = countOf(x.shape);
  const after = countOf(shape);
  if (before === undefined || after === undefined || !dimsEqual(before, after)) {
    throw g.error('reshape', describe(x), `as many values as ${formatShape(shape)}`);
  }
  const target = shape.map((dim) => (typeof dim === 'number' ? dim : -1));
  return g.node('Reshape', [x, g.int64s(target)], { elementType: x.elementType, shape });
}

/** Joins runs of `count` rows to one: `[rows, width] → [rows / count, count · width]`. */
export function mergeRows(g: GraphBuilder, x: GraphTensor, count: number): GraphTensor {
  const rows = divideDim(x.shape[0]!, count);
  if (rows === undefined) throw g.error('merged rows', formatDim(x.shape[0]!), `a multiple of ${count}`);
  return reshape(g, x, [rows, multiplyDim(x.shape[1]!, count)]);
}

/** The inverse: `[rows, count · width] → [rows · count, width]`. */
export function splitRows(g: GraphBuilder, x: GraphTensor, count: number): GraphTensor {
  const width = divideDim(x.shape[1]!, count);
  if (width === undefined) throw g.error('split rows', formatDim(x.shape[1]!), `a multiple of ${count}`);
  return reshape(g, x, [multiplyDim(x.shape[0]!, count), width]);
}

function negated(dim: Dim): Dim {
  return multiplyDim(dim, -1);
}

/** Values in a tensor of this shape; `undefined` where two axes are symbolic. */
function countOf(shape: Shape): Dim | undefined {
  let count: Dim = 1;
  for (const dim of shape) {
    if (typeof dim === 'number') count = multiplyDim(count, dim);
    else if (typeof count === 'number') count = multiplyDim(dim, count);
    else return undefined;
  }
  return count;
}
