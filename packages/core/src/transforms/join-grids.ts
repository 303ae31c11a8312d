import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import { createGridCollector } from '../tokens/grid-collector.ts';
import type { TokenGrid } from '../tokens/token-grid.ts';

/**
 * One grid of several that follow each other, such as a stream gives; empty ones do no harm. A run that spans a seam
 * becomes one run again, so joined slices equal the grid that they were cut from.
 * @throws SpeechTokensError `argument-invalid` where there is no grid at all
 * @throws SpeechTokensError `token-grid-invalid`, `token-space-mismatch`, `stream-order` (a gap or an overlap)
 */
export function joinGrids(grids: Iterable<TokenGrid>): TokenGrid {
  let collector: ReturnType<typeof createGridCollector> | undefined;
  for (const grid of grids) {
    collector ??= createGridCollector(grid);
    collector.append(grid);
  }
  if (collector === undefined) {
    throw new SpeechTokensError('argument-invalid', {
      problem: 'There are no grids to join',
      found: '0 grids',
      wanted: 'at least 1',
      remedy: 'Give an empty grid for an empty recording: it says of which token space',
      details: { argument: 'grids' },
    });
  }
  const { tokenSpace, startSample, sampleCount, tracks, sideTracks } = collector;
  return {
    tokenSpace,
    startSample,
    sampleCount,
    tracks: tracks.map(({ ids, durationsFrames, runDurationsFrames }) => ({
      ids: ids.toUint32Array(),
      ...(durationsFrames === undefined ? {} : { durationsFrames: durationsFrames.toUint32Array() }),
      ...(runDurationsFrames === undefined ? {} : { runDurationsFrames: runDurationsFrames.toUint32Array() }),
    })),
    ...(sideTracks.length === 0
      ? {}
      : { sideTracks: sideTracks.map(({ pieces, ...side }) => ({ ...side, values: concatenate(pieces) })) }),
  };
}

function concatenate(pieces: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(pieces.reduce((total, piece) => total + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    all.set(piece, offset);
    offset += piece.length;
  }
  return all;
}
