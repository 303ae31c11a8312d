import { dimsEqual, formatDim } from '../graph/dim.ts';
import { type ElementType, elementTypeNumbers } from '../graph/element-type.ts';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../graph/graph-types.ts';

/** `[rows, inner] · [inner, columns] → [rows, columns]` */
export function matMul(g: GraphBuilder, a: GraphTensor, b: GraphTensor): GraphTensor {
  const [rows, inner] = a.shape;
  const [wanted, columns] = b.shape;
  if (a.shape.length !== 2 || b.shape.length !== 2 || !dimsEqual(inner!, wanted!)) {
    throw g.error('matrix product', `${describe(a)} and ${describe(b)}`, `${formatDim(inner ?? 0)} rows on the right`);
  }
  return g.node('MatMul', [a, b], { elementType: a.elementType, shape: [rows!, columns!] });
}

export function transpose(g: GraphBuilder, x: GraphTensor, order: readonly number[]): GraphTensor {
  const shape = order.map((axis) => x.shape[axis]!);
  return g.node('Transpose', [x], { elementType: x.elementType, shape }, { perm: order });
}

export function cast(g: GraphBuilder, x: GraphTensor, to: ElementType): GraphTensor {
  return x.elementType === to
    ? x
    : g.node('Cast', [x], { elementType: to, shape: x.shape }, { to: elementTypeNumbers[to] });
}

/** Normalises over the last axis, without learned scale and shift. */
export function layerNorm(g: GraphBuilder, x: GraphTensor, epsilon: number): GraphTensor {
  const width = x.shape.at(-1);
  if (typeof width !== 'number') throw g.error('layer norm', describe(x), 'a fixed last axis');
  const scale = g.constant(new Float32Array(width).fill(1), [width]);
  return g.node('LayerNormalization', [x, scale], x, { axis: -1, epsilon: { float: epsilon } });
}
