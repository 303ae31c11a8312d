import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../../graph/graph-types.ts';
import { reshape } from '../../ops/shape.ts';

/** Cosines and sines of the angles of each position and pair of values: both `[positions, headWidth / 2]`. */
export interface RotaryTable {
  readonly cosines: GraphTensor;
  readonly sines: GraphTensor;
  /** Whether the pairs that are turned are neighbours (2 i, 2 i + 1), and not halves (i, i + headWidth / 2). */
  readonly isInterleaved?: boolean;
}

export interface RotaryShape {
  /** Values of one head; even. */
  readonly headWidth: number;
  /** The base of the wavelengths: pair i turns by theta^(−2i / headWidth) at each position. */
  readonly theta: number;
}

/** Radians by which each pair turns at every position, rounded to float32, as PyTorch computes with them. */
export function rotaryFrequencies({ headWidth, theta }: RotaryShape): Float32Array {
  return Float32Array.from(
    { length: headWidth / 2 },
    (_, i) => 1 / Math.fround(theta ** Math.fround((2 * i) / headWidth)),
  );
}

/** Angles are exact, but for their frequencies. */
export function rotaryTable(
  g: GraphBuilder,
  positionCount: number,
  frequencies: Float32Array,
  { isInterleaved = false }: { readonly isInterleaved?: boolean } = {},
): RotaryTable {
  const pairs = frequencies.length;
  const values = (turn: (angle: number) => number): GraphTensor =>
    g.constant(
      Float32Array.from({ length: positionCount * pairs }, (_, at) =>
        turn(Math.floor(at / pairs) * frequencies[at % pairs]!),
      ),
      [positionCount, pairs],
    );
  return { cosines: values(Math.cos), sines: values(Math.sin), isInterleaved };
}

/**
 * Rotary position embedding of `x [rows, heads · headWidth]` at positions int64 `[1, rows]`. Source: Su et al.,
 * "RoFormer", for neighbours; huggingface/transformers (`rotate_half`), for halves. The operator is ONNX Runtime's own.
 */
export function rotate(
  g: GraphBuilder,
  x: GraphTensor,
  positions: GraphTensor,
  { cosines, sines, isInterleaved }: RotaryTable,
): GraphTensor {
  const [rows, width] = x.shape;
  const headWidth = 2 * (cosines.shape[1] as number);
  if (x.shape.length !== 2 || typeof width !== 'number' || width % headWidth !== 0) {
    throw g.error('rotary embedding', describe(x), `[rows, a multiple of ${headWidth}]`);
  }
  const batch = reshape(g, x, [1, rows!, width]);
  const rotated = g.node(
    'RotaryEmbedding',
    [batch, positions, cosines, sines],
    batch,
    { interleaved: isInterleaved ? 1 : 0 },
    'com.microsoft',
  );
  return reshape(g, rotated, [rows!, width]);
}
