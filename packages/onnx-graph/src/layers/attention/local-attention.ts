import type { WeightScope } from '../../checkpoint/weight-scope.ts';
import { divideDim } from '../../graph/dim.ts';
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../../graph/graph-types.ts';
import { add, cos, multiply, sin } from '../../ops/elementwise.ts';
import { transpose } from '../../ops/matrix.ts';
import { concat, reshape, slice } from '../../ops/shape.ts';
import { affineNorm } from '../affine-norm.ts';
import { projection } from '../projection.ts';

export interface LocalAttentionOptions {
  /** Positions that attend to each other, and to no others. */
  readonly windowPositions: number;
  readonly headWidth: number;
}

/**
 * Attention within windows that follow each other without overlap, with a norm before and the input added:
 * `x [positions, channels]`, positions a multiple of the window. Queries and keys are turned by their position in the
 * window (rotary embedding, halves of a head against each other).
 * Weights: `norm`, `to_qkv`, `to_out` (no biases), `rel_pos.inv_freq` (radians per position).
 * Source: hubertsiuzdak/snac, snac/attention.py, `LocalMHA`.
 */
export function localAttention(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  { windowPositions, headWidth }: LocalAttentionOptions,
): GraphTensor {
  const [positions, channels] = x.shape as readonly [GraphTensor['shape'][number], number];
  const windows = divideDim(positions, windowPositions);
  if (x.shape.length !== 2 || windows === undefined || channels % headWidth !== 0) {
    throw g.error('local attention', describe(x), `[${windowPositions} · windows, ${headWidth} · heads]`);
  }
  const heads = channels / headWidth;
  const normed = affineNorm(g, weights.scope('norm'), x, 1e-5);
  const joint = projection(g, weights.scope('to_qkv').tensor(g, 'weight', [3 * channels, channels]), normed);
  const part = (index: number): GraphTensor => {
    const columns = slice(g, joint, 1, index * channels, (index + 1) * channels);
    return transpose(g, reshape(g, columns, [windows, windowPositions, heads, headWidth]), [0, 2, 1, 3]);
  };
  const turn = rotation(g, weights.scope('rel_pos'), windowPositions, headWidth);
  const queries = multiply(g, turn(part(0)), g.scalar(1 / Math.sqrt(headWidth)));
  const keys = transpose(g, turn(part(1)), [0, 1, 3, 2]);
  const scores = g.node('MatMul', [queries, keys], {
    elementType: x.elementType,
    shape: [windows, heads, windowPositions, windowPositions],
  });
  const shares = g.node('Softmax', [scores], scores, { axis: -1 });
  const mixed = g.node('MatMul', [shares, part(2)], queries);
  const rows = reshape(g, transpose(g, mixed, [0, 2, 1, 3]), [positions, channels]);
  return add(g, x, projection(g, weights.scope('to_out').tensor(g, 'weight', [channels, channels]), rows));
}

/** Turns the pairs (i, i + width / 2) of every head by its position in the window. */
function rotation(
  g: GraphBuilder,
  weights: WeightScope,
  windowPositions: number,
  width: number,
): (x: GraphTensor) => GraphTensor {
  const half = width / 2;
  const steps = g.constant(
    Float32Array.from({ length: windowPositions }, (_, i) => i),
    [windowPositions, 1],
  );
  const angles = multiply(g, steps, reshape(g, weights.tensor(g, 'inv_freq', [half]), [1, half]));
  const sine = sin(g, angles);
  const cosines = concat(g, [cos(g, angles), cos(g, angles)], 1);
  const sines = concat(g, [multiply(g, sine, g.scalar(-1)), sine], 1);
  return (x) => {
    const swapped = concat(g, [slice(g, x, 3, half, width), slice(g, x, 3, 0, half)], 3);
    return add(g, multiply(g, x, cosines), multiply(g, swapped, sines));
  };
}
