import { addDims } from '../../graph/dim.ts';
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../../graph/graph-types.ts';
import { concat } from '../../ops/shape.ts';

export interface SignalEdges {
  readonly before: number;
  readonly after: number;
  /** Further samples follow until the signal is a multiple of it. */
  readonly stride: number;
}

/**
 * A whole signal with its reflection before and after it: `x [1, channels, samples] → [1, channels, before + samples +
 * after]`, and as many samples more as the stride lacks. A signal that is too short to be reflected is first lengthened by
 * zeros. Shapes in the graph are those of multiples of the stride.
 * Source: huggingface/transformers, models/encodec/modeling_encodec.py, `EncodecConv1d`.
 */
export function reflectedSignal(g: GraphBuilder, x: GraphTensor, { before, after, stride }: SignalEdges): GraphTensor {
  if (x.shape.length !== 3) throw g.error('reflection', describe(x), '[1, channels, samples]');
  const length = integer(g, 'Gather', [integer(g, 'Shape', [x], [3]), scalar(g, 2)]);
  const missing = integer(g, 'Mod', [integer(g, 'Neg', [length]), scalar(g, stride)]);
  const afterCount = integer(g, 'Add', [missing, scalar(g, after)]);
  const longest = integer(g, 'Max', [afterCount, scalar(g, before)]);
  const lengthened = integer(g, 'Max', [length, integer(g, 'Add', [longest, scalar(g, 1)])]);

  const left = samplesAt(g, x, length, g.int64s(Array.from({ length: before }, (_, i) => before - i)), before);
  const end = integer(g, 'Add', [length, afterCount]);
  const positions = integer(g, 'Range', [length, end, scalar(g, 1)], [after]);
  const mirror = integer(g, 'Mul', [integer(g, 'Sub', [lengthened, scalar(g, 1)]), scalar(g, 2)]);
  const reflected = integer(g, 'Sub', [mirror, positions], [after]);
  const isWithin = g.node('Less', [positions, lengthened], { elementType: 'bool', shape: [after] });
  const right = samplesAt(g, x, length, integer(g, 'Where', [isWithin, positions, reflected], [after]), after);

  const padded = concat(g, [...(before === 0 ? [] : [left]), x, right], 2);
  return { ...padded, shape: [1, x.shape[1]!, addDims(x.shape[2]!, before + after)!] };
}

/** `x[…, indices]`; zeros at indices past the end. */
function samplesAt(
  g: GraphBuilder,
  x: GraphTensor,
  length: GraphTensor,
  indices: GraphTensor,
  count: number,
): GraphTensor {
  const last = integer(g, 'Sub', [length, scalar(g, 1)]);
  const type = { elementType: x.elementType, shape: [1, x.shape[1]!, count] };
  const samples = g.node('Gather', [x, integer(g, 'Min', [indices, last], indices.shape)], type, { axis: 2 });
  const exists = g.node('Less', [indices, length], { elementType: 'bool', shape: indices.shape });
  return g.node('Where', [exists, samples, g.scalar(0)], type);
}

function integer(
  g: GraphBuilder,
  operator: string,
  inputs: readonly GraphTensor[],
  shape: GraphTensor['shape'] = [],
): GraphTensor {
  return g.node(operator, inputs, { elementType: 'int64', shape });
}

function scalar(g: GraphBuilder, value: number): GraphTensor {
  return g.constant(BigInt64Array.of(BigInt(value)), []);
}
