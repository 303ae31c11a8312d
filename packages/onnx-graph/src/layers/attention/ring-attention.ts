import type { GraphBuilder } from '../../graph/graph-builder.ts';
import type { GraphTensor } from '../../graph/graph-types.ts';
import { add } from '../../ops/elementwise.ts';
import { transpose } from '../../ops/matrix.ts';
import { reshape } from '../../ops/shape.ts';
import type { RingWindow } from './ring-window.ts';
import { type RotaryTable, rotate } from './rotary.ts';

export interface RingAttentionOptions {
  readonly headCount: number;
  readonly headWidth: number;
  readonly window: RingWindow;
  /** For positions 0 to 2 · `window.slotCount` − 1. */
  readonly rotary: RotaryTable;
}

/**
 * Causal self-attention over a window of the positions before, with rotary embedding: queries, keys and values `[rows,
 * heads · headWidth]`, not yet turned, → `[rows, heads · headWidth]`. Keys and values of past positions are carried in a
 * ring. A run of a single row may differ in last bits from the same row in a longer one, because the runtime multiplies
 * it in another order.
 *
 * A key is rotated by its slot and stored so. Of two positions in the same round of the ring, slots are as far apart as
 * the positions; to meet the keys of the round before, a query is rotated by its slot one round on.
 */
export function ringAttention(
  g: GraphBuilder,
  inputs: { readonly queries: GraphTensor; readonly keys: GraphTensor; readonly values: GraphTensor },
  { headCount, headWidth, window, rotary }: RingAttentionOptions,
): GraphTensor {
  const { queries } = inputs;
  const rows = queries.shape[0]!;
  const all = headCount * headWidth;
  const heads = (y: GraphTensor): GraphTensor => transpose(g, reshape(g, y, [rows, headCount, headWidth]), [1, 0, 2]);

  const keys = g.scope('keys', () => ringMemory(g, heads(rotate(g, inputs.keys, window.slots, rotary)), window));
  const values = g.scope('values', () => ringMemory(g, heads(inputs.values), window));

  const scores = (slots: GraphTensor, mask: GraphTensor): GraphTensor => {
    const rotated = heads(rotate(g, queries, slots, rotary));
    const products = g.node(
      'FusedMatMul',
      [rotated, keys],
      { elementType: 'float32', shape: [headCount, rows, window.slotCount] },
      { transB: 1, alpha: { float: 1 / Math.sqrt(headWidth) } },
      'com.microsoft',
    );
    return add(g, products, mask);
  };
  const sameRound = scores(window.slots, window.sameRound);
  const earlierRound = scores(window.slotsOneRoundOn, window.earlierRound);
  const shares = g.node('Softmax', [g.node('Max', [sameRound, earlierRound], sameRound)], sameRound, { axis: -1 });
  const sums = g.node('MatMul', [shares, values], { elementType: 'float32', shape: [headCount, rows, headWidth] });
  return reshape(g, transpose(g, sums, [1, 0, 2]), [rows, all]);
}

/**
 * The rows of a run in a carried ring: `x [heads, rows, width] → [heads, slots, width]`, each row in its slot, the others as
 * they were.
 */
function ringMemory(g: GraphBuilder, x: GraphTensor, { slotCount, writeIndices, lastSlot }: RingWindow): GraphTensor {
  const [headCount, , width] = x.shape as readonly [number, GraphTensor['shape'][number], number];
  const ring = g.memory('ring', [headCount, slotCount, width], { axis: 1 });
  ring.append(x, lastSlot);
  return g.node('ScatterND', [ring.value, writeIndices, x], ring.value);
}
