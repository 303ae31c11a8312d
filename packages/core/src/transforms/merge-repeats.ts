import type { TokenGrid, TokenTrack } from '../tokens/token-grid.ts';
import type { TokenSpace } from '../tokens/token-space.ts';
import { validateTokenGrid } from '../tokens/validate-token-grid.ts';
import { validateTokenSpace } from '../tokens/validate-token-space.ts';
import { cannotTransform, derivedSpace, spaceBefore, type TokenTransform } from './token-transform.ts';

const name = 'merge-repeats';

/** More frames than one call restores (1 GiB of ids): a few bytes of runs may stand for any length. */
const maximumRestoredFrames = 2 ** 28;

/**
 * Writes an id that repeats once, with its run length in `durationsFrames`; each codebook by itself. Of use for units
 * whose neighbours are often equal. The space keeps its codebooks and gets `durations: 'runs'`.
 *
 * Pieces of a stream, merged one by one and joined by `joinGrids`, equal the whole merged. `invert` refuses tracks of
 * more than 2^28 frames with `argument-invalid`: slice them first.
 */
export const mergeRepeats: TokenTransform = {
  name,
  outputSpace(inputSpace) {
    validateTokenSpace(inputSpace);
    const clockless = inputSpace.codebooks.some((codebook) => codebook.hopSamples === undefined);
    if (inputSpace.durations !== undefined || clockless) {
      throw cannotTransform(
        'Repeats can only be merged where each id lasts one frame',
        `${inputSpace.id} ${clockless ? 'without a clock' : `with durations (${inputSpace.durations})`}`,
        'a hop of every codebook, and no durations',
        'Merge repeats of codebooks as they are, or of a single one that is flattened, before byte pairs',
      );
    }
    return derivedSpace(inputSpace, { transform: name, codebooks: inputSpace.codebooks, durations: 'runs' });
  },
  apply(grid) {
    const tokenSpace = mergeRepeats.outputSpace(grid.tokenSpace);
    validateTokenGrid(grid);
    return replaceTracks(grid, tokenSpace, mergeTrack);
  },
  invert(grid) {
    const tokenSpace = spaceBefore(mergeRepeats, grid.tokenSpace);
    validateTokenGrid(grid);
    return replaceTracks(grid, tokenSpace, restoreTrack);
  },
};

function replaceTracks(grid: TokenGrid, tokenSpace: TokenSpace, change: (track: TokenTrack) => TokenTrack): TokenGrid {
  return { ...grid, tokenSpace, tracks: grid.tracks.map(change) };
}

function mergeTrack({ ids }: TokenTrack): TokenTrack {
  let runCount = 0;
  for (let i = 0; i < ids.length; i++) if (i === 0 || ids[i] !== ids[i - 1]) runCount++;
  const merged = new Uint32Array(runCount);
  const durationsFrames = new Uint32Array(runCount);
  let run = -1;
  for (let i = 0; i < ids.length; i++) {
    if (i === 0 || ids[i] !== ids[i - 1]) merged[++run] = ids[i] as number;
    durationsFrames[run] = (durationsFrames[run] as number) + 1;
  }
  return { ids: merged, durationsFrames };
}

function restoreTrack({ ids, durationsFrames }: TokenTrack): TokenTrack {
  const durations = durationsFrames as Uint32Array;
  const frameCount = durations.reduce((total, duration) => total + duration, 0);
  if (frameCount > maximumRestoredFrames) {
    throw cannotTransform(
      'The runs are too long to be restored at once',
      `${frameCount} frames`,
      `at most ${maximumRestoredFrames}`,
      'Cut the grid with sliceGrid and restore the slices',
    );
  }
  const restored = new Uint32Array(frameCount);
  let frame = 0;
  for (let i = 0; i < ids.length; i++) {
    const end = frame + (durations[i] as number);
    restored.fill(ids[i] as number, frame, end);
    frame = end;
  }
  return { ids: restored };
}
