import type { SeededRandom } from '../random/seeded-random.ts';
import { trackFrameCounts } from '../tokens/frame-clock.ts';
import { frameCountFor, type SideTrack, type TokenGrid, type TokenTrack } from '../tokens/token-grid.ts';
import type { TokenSpace } from '../tokens/token-space.ts';
import { joinGrids } from '../transforms/join-grids.ts';
import { ConformanceFailure } from './conformance-check.ts';

/** A valid grid with ids drawn evenly from each codebook: anything that is in range must decode. */
export function makeRandomGrid(space: TokenSpace, sampleCount: number, random: SeededRandom): TokenGrid {
  // Units without a clock: 50 a second is a usual rate.
  const clockless = frameCountFor(sampleCount, Math.ceil(space.sampleRateHz / 50));
  const counts = trackFrameCounts(space, sampleCount)?.exact;
  const tracks = space.codebooks.map(({ size, hopSamples }, k): TokenTrack => {
    const ids = new Uint32Array(
      counts?.[k] ?? (hopSamples === undefined ? clockless : frameCountFor(sampleCount, hopSamples)),
    );
    for (let i = 0; i < ids.length; i++) ids[i] = random.nextInteger(size);
    return trackOf(ids, space);
  });
  return { tokenSpace: space, startSample: 0, sampleCount, tracks };
}

/** A track of one id a frame; with durations where its space has them. */
export function trackOf(byFrame: Uint32Array, space: TokenSpace): TokenTrack {
  if (space.durations === undefined) return { ids: byFrame };
  const ids: number[] = [];
  const durations: number[] = [];
  for (const id of byFrame) {
    if (ids.at(-1) === id) durations.push((durations.pop() ?? 0) + 1);
    else {
      ids.push(id);
      durations.push(1);
    }
  }
  const durationsFrames = Uint32Array.from(durations);
  // Here every span is one run.
  const runs = space.durations === 'spans-of-runs' ? { runDurationsFrames: durationsFrames.slice() } : {};
  return { ids: Uint32Array.from(ids), durationsFrames, ...runs };
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
 * The grids of a stream as one.
 * @throws ConformanceFailure where there are none, SpeechTokensError where they are not valid or do not follow each other
 */
export function joinStreamedGrids(grids: readonly TokenGrid[]): TokenGrid {
  if (grids.length === 0)
    throw new ConformanceFailure('A stream gave no tokens at all', { found: 'none', wanted: 'some' });
  return joinGrids(grids);
}

/** A copy that shares no memory; with `asViews`, its arrays lie in the middle of larger buffers. */
export function copyGrid(grid: TokenGrid, { asViews = false }: { readonly asViews?: boolean } = {}): TokenGrid {
  const tracks = grid.tracks.map(
    ({ ids, durationsFrames, runDurationsFrames }): TokenTrack => ({
      ids: copyArray(ids, asViews),
      ...(durationsFrames === undefined ? {} : { durationsFrames: copyArray(durationsFrames, asViews) }),
      ...(runDurationsFrames === undefined ? {} : { runDurationsFrames: copyArray(runDurationsFrames, asViews) }),
    }),
  );
  const sideTracks = grid.sideTracks?.map((side): SideTrack => ({ ...side, values: copyArray(side.values, asViews) }));
  return { ...grid, tracks, ...(sideTracks === undefined ? {} : { sideTracks }) };
}

/** A copy of an array; as a view, other values lie before and behind it in its buffer. */
export function copyArray<T extends Float32Array | Uint32Array>(source: T, asView: boolean): T {
  const margin = asView ? 5 : 0;
  const buffer = new ArrayBuffer((source.length + 2 * margin) * source.BYTES_PER_ELEMENT);
  const whole = source instanceof Float32Array ? new Float32Array(buffer) : new Uint32Array(buffer);
  if (asView) whole.fill(source instanceof Float32Array ? 0.625 : 0);
  whole.set(source, margin);
  return whole.subarray(margin, margin + source.length) as T;
}
