import type { GraphBuilder } from '../../graph/graph-builder.ts';
import type { GraphTensor } from '../../graph/graph-types.ts';
import { add, multiply, sin } from '../../ops/elementwise.ts';

/**
 * The Snake activation of a signal that comes multiplied by α: u + sin²(u), which is α times Snake of x for u = αx. Two
 * passes less than `snake`, where the factors before and after it are folded into the weights of its neighbours.
 */
export function scaledSnake(g: GraphBuilder, u: GraphTensor): GraphTensor {
  const wave = sin(g, u);
  return add(g, u, multiply(g, wave, wave));
}
