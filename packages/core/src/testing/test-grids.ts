import type { SeededRandom } from '../random/seeded-random.ts';
import { frameCountFor, type SideTrack, type TokenGrid, type TokenTrack } from '../tokens/token-grid.ts';
import type { TokenSpace } from '../tokens/token-space.ts';
import { ConformanceFailure } from './conformance-check.ts';

/**
 * The shortest stretch that holds a whole number of frames of every codebook (and side track), in samples: grids of a
 * stream start at its multiples. `undefined` where a codebook carries no clock.
 */
export function periodSamples(space: TokenSpace, sideTracks: readonly SideTrack[] = []): number | undefined {
  let period = 1;
  for (const { hopSamples } of [...space.codebooks, ...sideTracks]) {
    if (hopSamples === undefined) return undefined;
    period = (period / greatestCommonDivisor(period, hopSamples)) * hopSamples;
  }
  return period;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** A valid grid with ids drawn evenly from each codebook: anything that is in range must decode. */
export function makeRandomGrid(space: TokenSpace, sampleCount: number, random: SeededRandom): TokenGrid {
  const tracks = space.codebooks.map(({ size, hopSamples }): TokenTrack => {
    // Units without a clock: 50 a second is a usual rate.
    const ids = new Uint32Array(frameCountFor(sampleCount, hopSamples ?? Math.ceil(space.sampleRateHz / 50)));
    for (let i = 0; i < ids.length; i++) ids[i] = random.nextInteger(size);
    return { ids };
  });
  return { tokenSpace: space, startSample: 0, sampleCount, tracks };
}

/** One id a frame: durations are written out. */
export function idsByFrame({ ids, durationsFrames }: TokenTrack): Uint32Array {
  if (durationsFrames === undefined) return ids.slice();
  const byFrame: number[] = [];
  ids.forEach((id, i) => {
    for (let frame = 0; frame < (durationsFrames[i] ?? 0); frame++) byFrame.push(id);
  });
  return Uint32Array.from(byFrame);
}

/**
 * The part of a clocked grid from `start` to `end` (exclusive), in samples from the start of the grid. `start` is a
 * multiple of the period; `end` is one too, or the end of the grid.
 */
export function sliceGrid(grid: TokenGrid, start: number, end: number): TokenGrid {
  const isLast = end >= grid.sampleCount;
  const tracks = grid.tracks.map((track, k): TokenTrack => {
    const hopSamples = grid.tokenSpace.codebooks[k]?.hopSamples ?? 1;
    // An empty piece at the very end takes no frames, wherever the end lies.
    if (start >= end) return { ids: new Uint32Array(0) };
    return { ids: idsByFrame(track).slice(start / hopSamples, isLast ? undefined : end / hopSamples) };
  });
  const sideTracks = grid.sideTracks?.map((side): SideTrack => {
    const from = (start / side.hopSamples) * side.valuesPerFrame;
    const to = isLast ? undefined : (end / side.hopSamples) * side.valuesPerFrame;
    return { ...side, values: start >= end ? new Float32Array(0) : side.values.slice(from, to) };
  });
  return {
    tokenSpace: grid.tokenSpace,
    startSample: grid.startSample + start,
    sampleCount: end - start,
    tracks,
    ...(sideTracks === undefined ? {} : { sideTracks }),
  };
}

/**
 * The grids of a stream as one grid.
 * @throws ConformanceFailure when they do not follow each other from sample 0 on, or disagree in their tracks
 */
export function joinGrids(grids: readonly TokenGrid[]): TokenGrid {
  const [first] = grids;
  if (first === undefined) throw new ConformanceFailure('A stream gave no tokens at all', { found: 'none', wanted: 'some' });
  let end = 0;
  for (const grid of grids) {
    if (grid.startSample !== end || grid.tracks.length !== first.tracks.length) {
      throw new ConformanceFailure('The grids of a stream must follow each other', {
        found: `one that starts at sample ${grid.startSample} with ${grid.tracks.length} tracks`,
        wanted: `sample ${end} and ${first.tracks.length} tracks`,
      });
    }
    end += grid.sampleCount;
  }
  const tracks = first.tracks.map((_, k): TokenTrack => ({
    ids: concatenate(Uint32Array, grids.map((grid) => idsByFrame(grid.tracks[k] as TokenTrack))),
  }));
  const sideTracks = first.sideTracks?.map((side, k): SideTrack => ({
    ...side,
    values: concatenate(Float32Array, grids.map((grid) => grid.sideTracks?.[k]?.values ?? new Float32Array(0))),
  }));
  const joined = { tokenSpace: first.tokenSpace, startSample: 0, sampleCount: end, tracks };
  return sideTracks === undefined ? joined : { ...joined, sideTracks };
}

/** The grid with its first `codebookCount` tracks. */
export function takeCodebooks(grid: TokenGrid, codebookCount: number): TokenGrid {
  return { ...grid, tracks: grid.tracks.slice(0, codebookCount) };
}

/** A copy that shares no memory; with `asViews`, its arrays lie in the middle of larger buffers. */
export function copyGrid(grid: TokenGrid, { asViews = false }: { readonly asViews?: boolean } = {}): TokenGrid {
  const tracks = grid.tracks.map(({ ids, durationsFrames }): TokenTrack => ({
    ids: copyArray(ids, asViews),
    ...(durationsFrames === undefined ? {} : { durationsFrames: copyArray(durationsFrames, asViews) }),
  }));
  const sideTracks = grid.sideTracks?.map((side): SideTrack => ({ ...side, values: copyArray(side.values, asViews) }));
  return { ...grid, tracks, ...(sideTracks === undefined ? {} : { sideTracks }) };
}

/** A copy of an array; as a view, other values lie before and behind it in its buffer. */
export function copyArray<T extends Float32Array | Uint32Array>(source: T, asView: boolean): T {
  const margin = asView ? 5 : 0;
  const buffer = new ArrayBuffer((source.length + 2 * margin) * source.BYTES_PER_ELEMENT);
  const whole = source instanceof Float32Array ? new Float32Array(buffer) : new Uint32Array(buffer);
  if (asView) whole.fill(source instanceof Float32Array ? 0.625 : 1);
  whole.set(source, margin);
  return whole.subarray(margin, margin + source.length) as T;
}

export function concatenate<T extends Float32Array | Uint32Array>(
  constructor: new (length: number) => T,
  parts: readonly T[],
): T {
  const joined = new constructor(parts.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of parts) {
    joined.set(part, position);
    position += part.length;
  }
  return joined;
}
