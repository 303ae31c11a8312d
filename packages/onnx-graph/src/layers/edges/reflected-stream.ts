import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../../graph/graph-types.ts';
import { cast } from '../../ops/matrix.ts';
import { concat, slice } from '../../ops/shape.ts';

/** Whether a stream has begun, as bool `[1]`: false in its first run. */
export function streamStarted(g: GraphBuilder): GraphTensor {
  const started = g.state('started', 'float32', [1]);
  started.advance(g.constant(Float32Array.of(1), [1]));
  return cast(g, started.value, 'bool');
}

export interface StreamEdges {
  /** `streamStarted` of the graph. */
  readonly started: GraphTensor;
  /** The axis of time. */
  readonly axis: number;
  /** How many samples to put before the chunk; at least the stride. */
  readonly before: number;
  /** The end of the stream is padded to a multiple of it. */
  readonly stride: number;
}

/**
 * A chunk of a stream between the samples before it and, at the end of the stream, those after it:
 * `[…, samples, …] → […, before + samples, …]`. The last `before` samples are carried to the next chunk.
 *
 * Both edges of a stream are its reflection: before x₀ come x₁, x₂, … backwards, and where the length of the last chunk is
 * no multiple of the stride, xₙ₋₂, xₙ₋₃, … follow its last sample. A stream no longer than `before` is taken as followed
 * by zeros. So the first chunk must have more than `before` samples, unless it is the whole stream; and all but the last
 * must be multiples of the stride. Shapes in the graph are those of such whole chunks.
 * Source: huggingface/transformers, models/encodec/modeling_encodec.py, `EncodecConv1d` (causal).
 */
export function withReflectedEdges(
  g: GraphBuilder,
  x: GraphTensor,
  { started, axis, before, stride }: StreamEdges,
): GraphTensor {
  if (before < stride) throw g.error('reflected edges', `${before} samples before`, `at least the stride, ${stride}`);
  const shape = x.shape.map((dim, i) => (i === axis ? before : dim));
  if (shape.some((dim) => typeof dim !== 'number')) throw g.error('reflected edges', describe(x), 'one symbolic axis');
  const history = g.state('history', x.elementType, shape as number[]);
  const left = where(g, started, history.value, reflectedStart(g, x, axis, before));
  const parts = stride === 1 ? [left, x] : [left, x, reflectedEnd(g, x, left, { started, axis, before, stride })];
  const extended = concat(g, parts, axis);
  history.advance(slice(g, extended, axis, { fromEnd: before }, { fromEnd: 0 }));
  return extended;
}

/** x[before], …, x[1]; zeros where the chunk is too short. */
function reflectedStart(g: GraphBuilder, x: GraphTensor, axis: number, before: number): GraphTensor {
  const shape = x.shape.map((dim, i) => (i === axis ? before : (dim as number)));
  const zeros = g.constant(new Float32Array(shape.reduce((product, dim) => product * dim, 1)), shape);
  // At run time a slice is no longer than what there is.
  const head = concat(g, [slice(g, x, axis, 0, before + 1), zeros], axis);
  return backwards(g, head, axis, { from: g.int64s([before]), to: g.int64s([0]), count: before });
}

/** What fills the last stride: nothing in whole chunks. */
function reflectedEnd(
  g: GraphBuilder,
  x: GraphTensor,
  left: GraphTensor,
  { started, axis, before, stride }: StreamEdges,
): GraphTensor {
  const length = g.node('Shape', [x], { elementType: 'int64', shape: [1] }, { start: axis, end: axis + 1 });
  const negated = g.node('Neg', [length], length);
  const missing = g.node('Mod', [negated, g.int64s([stride])], length);
  // Short last chunks reach into what came before them.
  const tail = concat(g, [left, slice(g, x, axis, { fromEnd: before }, { fromEnd: 0 })], axis);
  const to = g.node('Sub', [g.int64s([-2]), missing], length);
  const reflection = backwards(g, tail, axis, { from: g.int64s([-2]), to, count: 0 });
  const isLonger = g.node('Greater', [length, g.int64s([before])], { elementType: 'bool', shape: [1] });
  const reflects = g.node('Or', [started, isLonger], { elementType: 'bool', shape: [1] });
  return where(g, reflects, reflection, g.scalar(0));
}

/** Samples `from`, `from` − 1, … down to the one after `to`. */
function backwards(
  g: GraphBuilder,
  x: GraphTensor,
  axis: number,
  { from, to, count }: { readonly from: GraphTensor; readonly to: GraphTensor; readonly count: number },
): GraphTensor {
  const shape = x.shape.map((dim, i) => (i === axis ? count : dim));
  return g.node('Slice', [x, from, to, g.int64s([axis]), g.int64s([-1])], { elementType: x.elementType, shape });
}

function where(g: GraphBuilder, condition: GraphTensor, then: GraphTensor, otherwise: GraphTensor): GraphTensor {
  return g.node('Where', [condition, then, otherwise], then);
}
