import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import { assertTokenSpace } from './compare-token-spaces.ts';
import { trackFrameCounts } from './frame-clock.ts';
import { createIntegerList, type IntegerList, integerWidthBytes } from './integer-list.ts';
import { type SideTrack, type TokenGrid, type TokenTrack, trackFrameCount } from './token-grid.ts';
import type { Codebook, TokenSpace } from './token-space.ts';
import { validateTokenGrid } from './validate-token-grid.ts';

/** One codebook's ids so far, each in the fewest bytes that its codebook needs. */
export interface CollectedTrack {
  readonly ids: IntegerList;
  readonly durationsFrames?: IntegerList;
  readonly runDurationsFrames?: IntegerList;
}

/** One side track's rows so far. */
export interface CollectedSideTrack {
  readonly name: string;
  readonly hopSamples: number;
  readonly valuesPerFrame: number;
  readonly pieces: readonly Float32Array[];
}

/** Joins grids as they come. */
export interface GridCollector {
  readonly tokenSpace: TokenSpace;
  readonly startSample: number;
  readonly sampleCount: number;
  readonly tracks: readonly CollectedTrack[];
  readonly sideTracks: readonly CollectedSideTrack[];
  /**
   * Adds the grid that follows the last one. The grid is copied, not kept.
   * @throws SpeechTokensError `token-grid-invalid`, `token-space-mismatch`
   * @throws SpeechTokensError `stream-order` where it does not start where the last one ended
   */
  append(grid: TokenGrid): void;
}

/** A collector for grids that are like `first` in space, codebooks and side tracks. `first` itself is not added. */
export function createGridCollector(first: TokenGrid): GridCollector {
  const { tokenSpace, startSample } = first;
  const codebookCount = first.tracks.length;
  const tracks = first.tracks.map((_, index) => {
    const ids = createIntegerList(integerWidthBytes((tokenSpace.codebooks[index] as Codebook).size));
    if (tokenSpace.durations === undefined) return { ids };
    const durationsFrames = createIntegerList(4);
    if (tokenSpace.durations !== 'spans-of-runs') return { ids, durationsFrames };
    return { ids, durationsFrames, runDurationsFrames: createIntegerList(4) };
  });
  const sideTracks = (first.sideTracks ?? []).map(({ name, hopSamples, valuesPerFrame }) => ({
    name,
    hopSamples,
    valuesPerFrame,
    pieces: [] as Float32Array[],
  }));
  const frameCounts = first.tracks.map(() => 0);
  let sampleCount = 0;

  return {
    tokenSpace,
    startSample,
    get sampleCount() {
      return sampleCount;
    },
    tracks,
    sideTracks,
    append(grid) {
      assertTokenSpace(grid.tokenSpace, tokenSpace, 'The next grid');
      validateTokenGrid(grid, { codebookCount });
      const endSample = startSample + sampleCount;
      if (grid.startSample !== endSample) {
        throw new SpeechTokensError('stream-order', {
          problem: 'The grids do not follow each other',
          found: `a start at sample ${grid.startSample}`,
          wanted: `sample ${endSample}`,
          remedy: 'Give the grids in order, each starting where the last one ended',
          details: { foundStartSample: grid.startSample, wantedStartSample: endSample },
        });
      }
      checkSideTrackShapes(grid.sideTracks ?? [], sideTracks);
      const frames = grid.tracks.map((track, index) => (frameCounts[index] as number) + trackFrameCount(track));
      checkFramesGoOn(tokenSpace, frames, sampleCount + grid.sampleCount);
      // Everything that can be wrong is looked at before the first change, so that a refused grid leaves no trace.
      const newPieces = sideTracks.map((side, index) =>
        newRows(side, grid.sideTracks?.[index] as SideTrack, endSample),
      );
      if (tokenSpace.durations === 'runs') {
        for (const [index, track] of grid.tracks.entries()) checkSeam(tracks[index] as CollectedTrack, track);
      }
      for (const [index, track] of grid.tracks.entries()) {
        appendTrack(tracks[index] as CollectedTrack, track, tokenSpace.durations === 'runs');
      }
      for (const [index, piece] of newPieces.entries()) if (piece.length > 0) sideTracks[index]?.pieces.push(piece);
      frameCounts.splice(0, frames.length, ...frames);
      sampleCount += grid.sampleCount;
    },
  };
}

function appendTrack(collected: CollectedTrack, track: TokenTrack, mergesSeam: boolean): void {
  const { ids, durationsFrames, runDurationsFrames } = track;
  if (runDurationsFrames !== undefined) collected.runDurationsFrames?.append(runDurationsFrames);
  const durations = collected.durationsFrames;
  if (durations === undefined || durationsFrames === undefined) {
    collected.ids.append(ids);
    return;
  }
  let from = 0;
  if (mergesSeam && ids.length > 0 && collected.ids.last === ids[0]) {
    durations.replaceLast((durations.last as number) + (durationsFrames[0] as number));
    from = 1;
  }
  collected.ids.append(ids, from);
  durations.append(durationsFrames, from);
}

/** Segments and windows before the last must be whole, unless the audio ends within them. */
function checkFramesGoOn(space: TokenSpace, frames: readonly number[], sampleCount: number): void {
  if (space.segments === undefined && space.windowSamples === undefined) return;
  const { exact, padded } = trackFrameCounts(space, sampleCount) as NonNullable<ReturnType<typeof trackFrameCounts>>;
  const fits = (wanted: readonly number[]) => frames.every((count, index) => count === wanted[index]);
  if (fits(exact) || fits(padded)) return;
  throw new SpeechTokensError('token-grid-invalid', {
    problem: `The grids do not join to whole ${space.segments === undefined ? 'windows' : 'segments'}`,
    found: `${frames.join(', ')} frames for ${sampleCount} samples`,
    wanted: `${exact.slice(0, frames.length).join(', ')} frames`,
    remedy: 'Join grids of one recording, made by one stream or cut by sliceGrid',
    details: {},
  });
}

/** A run that spans the seam must still fit 32 bits. */
function checkSeam({ ids, durationsFrames }: CollectedTrack, next: TokenTrack): void {
  if (ids.last === undefined || ids.last !== next.ids[0]) return;
  const joined = (durationsFrames?.last ?? 0) + (next.durationsFrames?.[0] ?? 0);
  if (joined < 2 ** 32) return;
  throw new SpeechTokensError('token-grid-invalid', {
    problem: 'A run that spans the two grids would be too long',
    found: `${joined} frames`,
    wanted: 'fewer than 2^32',
    remedy: 'Keep the grids apart',
    details: {},
  });
}

function checkSideTrackShapes(found: readonly SideTrack[], wanted: readonly CollectedSideTrack[]): void {
  const describe = (sides: readonly Omit<SideTrack, 'values'>[]): string =>
    sides.map((side) => `${side.name} (hop ${side.hopSamples}, ${side.valuesPerFrame} values)`).join(', ') || 'none';
  if (describe(found) === describe(wanted)) return;
  throw sideTrackError('The side tracks of the grids differ', describe(found), describe(wanted));
}

/** A copy of the rows that are not yet there: the first one is, where the last grid ended within it. */
function newRows(side: CollectedSideTrack, { values }: SideTrack, seamSample: number): Float32Array {
  const { name, hopSamples, valuesPerFrame } = side;
  const before = side.pieces.at(-1);
  if (before === undefined || values.length === 0 || seamSample % hopSamples === 0) return values.slice();
  const shared = before.slice(-valuesPerFrame);
  const repeated = values.subarray(0, valuesPerFrame);
  if (!shared.every((value, index) => Object.is(value, repeated[index]))) {
    const text = `[${repeated.join(', ')}]`;
    throw sideTrackError(`The grids disagree in a row of ${name} that both touch`, text, `[${shared.join(', ')}]`);
  }
  return values.slice(valuesPerFrame);
}

function sideTrackError(problem: string, found: string, wanted: string): SpeechTokensError<'token-grid-invalid'> {
  return new SpeechTokensError('token-grid-invalid', {
    problem,
    found,
    wanted,
    remedy: 'Join grids of one recording by one tokenizer only',
    details: {},
  });
}
