import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../../graph/graph-types.ts';
import { transpose } from '../../ops/matrix.ts';
import { concat, reshape, slice } from '../../ops/shape.ts';

/** `[rows, channels] → [1, channels, rows]` */
export function rowsToSignal(g: GraphBuilder, x: GraphTensor): GraphTensor {
  if (x.shape.length !== 2) throw g.error('rows to signal', describe(x), '[rows, channels]');
  const [rows, channels] = x.shape;
  return channels === 1 ? reshape(g, x, [1, 1, rows!]) : reshape(g, transpose(g, x, [1, 0]), [1, channels!, rows!]);
}

/** `[1, channels, samples] → [samples, channels]` */
export function signalToRows(g: GraphBuilder, x: GraphTensor): GraphTensor {
  if (x.shape.length !== 3) throw g.error('signal to rows', describe(x), '[1, channels, samples]');
  const [, channels, samples] = x.shape;
  const flat = reshape(g, x, [channels!, samples!]);
  return channels === 1 ? reshape(g, flat, [samples!, 1]) : transpose(g, flat, [1, 0]);
}

/**
 * The samples before a chunk, then the chunk: `x [1, channels, samples] → [1, channels, count + samples]`. A stream starts
 * with zeros; the last `count` samples are carried to its next chunk.
 */
export function withSignalHistory(g: GraphBuilder, x: GraphTensor, count: number): GraphTensor {
  if (count === 0) return x;
  const history = g.state('history', x.elementType, [1, x.shape[1] as number, count]);
  const extended = concat(g, [history.value, x], 2);
  history.advance(slice(g, extended, 2, { fromEnd: count }, { fromEnd: 0 }));
  return extended;
}
