import type { Dim } from '../../graph/dim.ts';
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import type { GraphTensor } from '../../graph/graph-types.ts';
import { add, subtract } from '../../ops/elementwise.ts';
import { cast } from '../../ops/matrix.ts';
import { concat, reshape, slice } from '../../ops/shape.ts';

export interface RingWindowOptions {
  readonly headCount: number;
  /** Positions that a query sees, its own included. */
  readonly windowPositions: number;
  /** The most rows that one run may have; more would give wrong values. */
  readonly maxRowsPerRun: number;
  /**
   * Where the run starts, as `ringPosition` says it: float32 `[1]`. Carried by the graph where absent.
   * Going back by as many positions as `maxRowsPerRun` is larger than the rows of a run leaves what a query sees intact.
   */
  readonly start?: GraphTensor;
}

/**
 * Where the rows of a run lie in a ring of positions, and which slots each of them sees. Shared by all layers of a
 * transformer.
 *
 * Position p always lies in slot p mod `slotCount`. So what a query sums over is laid out in the same way however many
 * rows a run has, with exact zeros between, and its values are the same to the last bit (decisions/0012). Slots that
 * were written in the round before lie `slotCount` positions further back than their numbers say: those a query sees
 * through `earlierRound`, the others through `sameRound`. No number grows with the length of the stream.
 */
export interface RingWindow {
  readonly slotCount: number;
  /** Where each head's row of a ring `[heads, slotCount, …]` is written, head and slot: int64 `[heads, rows, 2]`. */
  readonly writeIndices: GraphTensor;
  /** The slot of the last row: int32 `[1]`. */
  readonly lastSlot: GraphTensor;
  /** int64 `[1, rows]` */
  readonly slots: GraphTensor;
  /** `slots + slotCount`, int64 `[1, rows]` */
  readonly slotsOneRoundOn: GraphTensor;
  /** `[rows, slotCount]`: 0 where the row sees the slot and it was written in the same round, −∞ elsewhere. */
  readonly sameRound: GraphTensor;
  /** `[rows, slotCount]`: 0 where the row sees the slot and it was written in the round before, −∞ elsewhere. */
  readonly earlierRound: GraphTensor;
}

/** Rows that are written in a run must leave alone what its first query sees; whole vectors are faster. */
function ringSlotCount({
  windowPositions,
  maxRowsPerRun,
}: Pick<RingWindowOptions, 'windowPositions' | 'maxRowsPerRun'>): number {
  return Math.ceil((windowPositions - 1 + maxRowsPerRun) / 16) * 16;
}

/** `start` of a run that comes after so many positions: small, and exact, in a stream of any length. */
export function ringPosition(
  positionCount: number,
  options: Pick<RingWindowOptions, 'windowPositions' | 'maxRowsPerRun'>,
): number {
  const slotCount = ringSlotCount(options);
  return positionCount < 2 * slotCount ? positionCount : slotCount + (positionCount % slotCount);
}

/** @param rows of a run, as they appear in the first axis of `x` */
export function ringWindow(
  g: GraphBuilder,
  x: GraphTensor,
  { headCount, windowPositions, maxRowsPerRun, start }: RingWindowOptions,
): RingWindow {
  const rows = x.shape[0]!;
  const slotCount = ringSlotCount({ windowPositions, maxRowsPerRun });
  const positions = reshape(g, runPositions(g, x, slotCount, start), [rows, 1]);
  const slots = g.node('Mod', [positions, g.scalar(slotCount)], positions, { fmod: 1 });

  const columns = g.constant(
    Float32Array.from({ length: slotCount }, (_, slot) => slot),
    [1, slotCount],
  );
  const table = (elementType: 'float32' | 'bool') => ({ elementType, shape: [rows, slotCount] }) as const;
  const distance = subtract(g, slots, columns);
  const isEarlier = g.node('Less', [distance, g.scalar(0)], table('bool'));
  const age = g.node('Where', [isEarlier, add(g, distance, g.scalar(slotCount)), distance], table('float32'));
  const isInWindow = g.node('Less', [age, g.scalar(windowPositions)], table('bool'));
  const isWritten = g.node('LessOrEqual', [age, positions], table('bool'));
  const isSeen = g.node('And', [isInWindow, isWritten], table('bool'));
  const mask = (isOfRound: GraphTensor): GraphTensor => {
    const both = g.node('And', [isSeen, isOfRound], table('bool'));
    return g.node('Where', [both, g.scalar(0), g.scalar(Number.NEGATIVE_INFINITY)], table('float32'));
  };

  const slotIds = reshape(g, cast(g, slots, 'int64'), [1, rows]);
  return {
    slotCount,
    writeIndices: writeIndices(g, slotIds, headCount),
    lastSlot: reshape(g, cast(g, slice(g, slotIds, 1, { fromEnd: 1 }, { fromEnd: 0 }), 'int32'), [1]),
    slots: slotIds,
    slotsOneRoundOn: add(g, slotIds, g.constant(BigInt64Array.of(BigInt(slotCount)), [])),
    sameRound: mask(g.node('Not', [isEarlier], table('bool'))),
    earlierRound: mask(isEarlier),
  };
}

function writeIndices(g: GraphBuilder, slots: GraphTensor, headCount: number): GraphTensor {
  const rows = slots.shape[1]!;
  const shape = [headCount, rows, 1];
  const heads = BigInt64Array.from({ length: headCount }, (_, head) => BigInt(head));
  const zeros = g.constant(new BigInt64Array(headCount), [headCount, 1, 1]);
  const slotOfEach = add(g, zeros, reshape(g, slots, [1, rows, 1]));
  const headOfEach = g.node(
    'Expand',
    [g.constant(heads, [headCount, 1, 1]), g.node('Shape', [slotOfEach], { elementType: 'int64', shape: [3] })],
    { elementType: 'int64', shape },
  );
  return concat(g, [headOfEach, slotOfEach], 2);
}

/**
 * float32 `[rows]`: positions since the start of the stream, but for whole rounds that are left out from the second on.
 * So they stay small, and exact, in a stream of any length.
 */
function runPositions(g: GraphBuilder, x: GraphTensor, slotCount: number, start?: GraphTensor): GraphTensor {
  const rows: Dim = x.shape[0]!;
  const count = g.node('Shape', [x], { elementType: 'int64', shape: [1] }, { start: 0, end: 1 });
  const scalar = (value: number): GraphTensor => g.constant(BigInt64Array.of(BigInt(value)), []);
  const offsets = g.node('Range', [scalar(0), reshape(g, count, []), scalar(1)], {
    elementType: 'int64',
    shape: [rows],
  });
  const first = start ?? carriedPosition(g, cast(g, count, 'float32'), slotCount);
  return add(g, cast(g, offsets, 'float32'), first);
}

function carriedPosition(g: GraphBuilder, count: GraphTensor, slotCount: number): GraphTensor {
  const state = g.state('position', 'float32', [1]);
  const end = add(g, state.value, count);
  const isPast = g.node('Less', [end, g.scalar(2 * slotCount)], { elementType: 'bool', shape: [1] });
  state.advance(g.node('Where', [isPast, end, subtract(g, end, g.scalar(slotCount))], end));
  return state.value;
}
