import {
  type CachePlace,
  type GraphBuilder,
  type GraphTensor,
  type RingWindow,
  ringPosition,
  ringWindow,
  type TensorInput,
} from '@speech-tokens/onnx-graph';

/** How a decoder remembers the positions before: what a run must be told of them, and how far it goes. */
export interface DecoderMemory {
  /** Positions that a sequence has room for; infinite where old ones are forgotten. */
  readonly capacityPositions: number;
  /** The most rows of one run. */
  readonly rowsPerRun: number;
  /** How many positions can be taken back. */
  readonly rollbackPositions: number;
  /** Inputs of a run of so many rows after so many positions. */
  inputs(positionCount: number, rows: number): Readonly<Record<string, TensorInput>>;
}

/** All positions up to a number of them, in caches that are written one after the other. */
export function cacheMemory(capacityPositions: number): DecoderMemory {
  return {
    capacityPositions,
    rowsPerRun: capacityPositions,
    rollbackPositions: capacityPositions,
    inputs: (positionCount, rows) => ({
      lastPosition: { values: Int32Array.of(positionCount + rows - 1), shape: [1] },
      positionCount: { values: Int32Array.of(positionCount + rows), shape: [1] },
    }),
  };
}

/** The inputs of `cacheMemory` in a graph. */
export function cachePlace(g: GraphBuilder): CachePlace {
  return {
    lastPosition: g.input('lastPosition', 'int32', [1]),
    positionCount: g.input('positionCount', 'int32', [1]),
  };
}

export interface RingMemoryOptions {
  /** Positions that one sees, its own included. */
  readonly windowPositions: number;
  readonly rowsPerRun: number;
  readonly rollbackPositions: number;
}

/** A window of positions in a sequence of any length. */
export function ringMemory(options: RingMemoryOptions): DecoderMemory {
  return {
    capacityPositions: Number.POSITIVE_INFINITY,
    rowsPerRun: options.rowsPerRun,
    rollbackPositions: options.rollbackPositions,
    inputs: (positionCount) => ({
      start: { values: Float32Array.of(ringPosition(positionCount, ringShape(options))), shape: [1] },
    }),
  };
}

/** The inputs of `ringMemory` in a graph, for rows `x [rows, width]`. */
export function ringPlace(g: GraphBuilder, x: GraphTensor, headCount: number, options: RingMemoryOptions): RingWindow {
  return ringWindow(g, x, { headCount, ...ringShape(options), start: g.input('start', 'float32', [1]) });
}

function ringShape({ windowPositions, rowsPerRun, rollbackPositions }: RingMemoryOptions): {
  readonly windowPositions: number;
  readonly maxRowsPerRun: number;
} {
  return { windowPositions, maxRowsPerRun: rowsPerRun + rollbackPositions };
}
