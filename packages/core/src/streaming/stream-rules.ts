import type { AudioFormat, PcmChunk } from '../audio/audio-clip.ts';
import { validateAudioClip } from '../audio/validate-audio.ts';
import type { PlainData } from '../contract/streaming.ts';
import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import type { TokenGrid } from '../tokens/token-grid.ts';
import type { TokenSpace } from '../tokens/token-space.ts';
import { validateTokenGrid } from '../tokens/validate-token-grid.ts';

/**
 * A piece of audio with memory of its own: the caller may go on with theirs.
 * @throws SpeechTokensError `audio-format`
 */
export function ownChunk(chunk: PcmChunk, format: AudioFormat): PcmChunk {
  validateAudioClip(chunk, format);
  return { ...chunk, channels: chunk.channels.map((samples) => samples.slice()) };
}

/**
 * The codebooks of a grid that are used, with memory of their own.
 * @throws SpeechTokensError `token-grid-invalid`, `token-space-mismatch`; `argument-invalid` where the grid has fewer
 */
export function ownGrid(grid: TokenGrid, tokenSpace: TokenSpace, codebookCount: number | undefined): TokenGrid {
  validateTokenGrid(grid, { tokenSpace });
  const used = checkCodebookCount(codebookCount, grid.tracks.length);
  return { ...grid, tracks: grid.tracks.slice(0, used).map(({ ids }) => ({ ids: ids.slice() })) };
}

/** Whether something in a saved state counts samples, frames or the like. */
export function isCount(value: PlainData | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** @throws SpeechTokensError `stream-order` when a piece does not start where the last one ended */
export function assertContinues(pieces: 'audio' | 'tokens', foundStartSample: number, wantedStartSample: number): void {
  if (foundStartSample === wantedStartSample) return;
  throw new SpeechTokensError('stream-order', {
    problem: `A piece of ${pieces} does not start where the last one ended`,
    found: `a start at sample ${foundStartSample}`,
    wanted: `sample ${wantedStartSample}`,
    remedy: 'Push pieces in order, without gaps; call reset() to start a new stream',
    details: { foundStartSample, wantedStartSample },
  });
}

/** @throws SpeechTokensError `argument-invalid` */
export function checkCodebookCount(count: number | undefined, available: number): number {
  if (count === undefined) return available;
  if (Number.isInteger(count) && count >= 1 && count <= available) return count;
  throw new SpeechTokensError('argument-invalid', {
    problem: 'The number of codebooks is out of range',
    found: String(count),
    wanted: `an integer from 1 to ${available}`,
    remedy: 'Leave it out to use all codebooks',
    details: { argument: 'codebookCount' },
  });
}
