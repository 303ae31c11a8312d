import { SpeechTokensError, type TokenGrid, type TokenSpace, takeCodebooks } from '@speech-tokens/core';

export const sampleRateHz = 16_000;
/** 20 ms. */
export const hopSamples = 320;
/** A frame is measured over its own hop and the next. */
export const windowSamples: number = 2 * hopSamples;
export const bandCount = 16;

/**
 * One codebook a band, low to high; an id is a loudness in steps of 3 dB. The first K bands are the sound below some
 * frequency, so they decode by themselves. The id of the space names the method and its version: the same audio never
 * gives other tokens under the same id.
 */
export const tokenSpace: TokenSpace = {
  id: 'bands:mel-16#1',
  sampleRateHz,
  codebooks: Array.from({ length: bandCount }, (_, band) => ({ name: `band-${band}`, size: 32, hopSamples })),
  prefixDecodable: true,
};

/** Edges of the bands in Hz, even on the mel scale from 50 Hz to 7.6 kHz: band b reaches from edge b to edge b + 1. */
export const bandEdgesHz: readonly number[] = Array.from({ length: bandCount + 1 }, (_, edge) => {
  const [lowMel, highMel] = [50, 7600].map((hz) => 2595 * Math.log10(1 + hz / 700)) as [number, number];
  return 700 * (10 ** ((lowMel + ((highMel - lowMel) * edge) / bandCount) / 2595) - 1);
});

/** The level of a band from its amplitude (1 for a full-scale sine): 3 dB a level, from -90 dB up. */
export function levelOf(amplitude: number): number {
  const level = Math.round((20 * Math.log10(Math.max(amplitude, 1e-9)) + 90) / 3);
  return Math.min(31, Math.max(0, level));
}

/** The amplitude of a level; the lowest is silence. */
export function amplitudeOf(level: number): number {
  return level === 0 ? 0 : 10 ** ((3 * level - 90) / 20);
}

/**
 * A grid of no samples, with some of the codebooks.
 * @throws SpeechTokensError `argument-invalid` when there are not that many
 */
export function emptyGrid(codebookCount: number = bandCount): TokenGrid {
  const tracks = tokenSpace.codebooks.map(() => ({ ids: new Uint32Array(0) }));
  return takeCodebooks({ tokenSpace, startSample: 0, sampleCount: 0, tracks }, codebookCount);
}

/** @throws SpeechTokensError `stream-order` */
export function checkOrder(foundStartSample: number, wantedStartSample: number): void {
  if (foundStartSample === wantedStartSample) return;
  throw new SpeechTokensError('stream-order', {
    problem: 'The piece does not start where the last one ended',
    found: `sample ${foundStartSample}`,
    wanted: `sample ${wantedStartSample}`,
    remedy: 'Push pieces in order, without gaps; call reset() to start a new stream',
    details: { foundStartSample, wantedStartSample },
  });
}

/** @throws SpeechTokensError `session-closed` */
export function assertOpen(isClosed: boolean): void {
  if (!isClosed) return;
  throw new SpeechTokensError('session-closed', { problem: 'It was closed', remedy: 'Load it again', details: {} });
}

/** Lets other work run between two stretches of a long call, and ends it when its caller has aborted it. */
export async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  signal?.throwIfAborted();
}
