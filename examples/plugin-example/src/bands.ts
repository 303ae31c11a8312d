import { SpeechTokensError, type TokenSpace } from '@speech-tokens/core';

export const sampleRateHz = 16_000;
/** 20 ms. */
export const hopSamples = 320;
/** A frame is measured over its own hop and the next. */
export const windowSamples: number = 2 * hopSamples;
export const bandCount = 16;

/** Levels of a band: 3 dB each, from -90 dB of a full-scale sine up. */
export const levelCount = 32;
const decibelsPerLevel = 3;
const lowestDecibels = -90;

/**
 * One codebook a band, low to high. The first K of them are the sound below some frequency, so they decode by
 * themselves. The id names the method and its version: the same audio must never give other tokens under the same id.
 */
export const tokenSpace: TokenSpace = {
  id: 'bands:mel-16#1',
  sampleRateHz,
  codebooks: Array.from({ length: bandCount }, (_, band) => ({ name: `band-${band}`, size: levelCount, hopSamples })),
  prefixDecodable: true,
};

/** Edges of the bands in Hz, even on the mel scale from 50 Hz to 7.6 kHz: band b reaches from edge b to edge b + 1. */
export const bandEdgesHz: readonly number[] = Array.from({ length: bandCount + 1 }, (_, edge) => {
  const [low, high] = [melOf(50), melOf(7600)];
  return 700 * (10 ** ((low + ((high - low) * edge) / bandCount) / 2595) - 1);
});

function melOf(frequencyHz: number): number {
  return 2595 * Math.log10(1 + frequencyHz / 700);
}

/** The level of a band from its amplitude (1 for a full-scale sine). */
export function levelOf(amplitude: number): number {
  const decibels = 20 * Math.log10(Math.max(amplitude, 1e-9));
  const level = Math.round((decibels - lowestDecibels) / decibelsPerLevel);
  return Math.min(levelCount - 1, Math.max(0, level));
}

/** The amplitude of a level; the lowest is silence. */
export function amplitudeOf(level: number): number {
  return level === 0 ? 0 : 10 ** ((lowestDecibels + level * decibelsPerLevel) / 20);
}

/** @throws SpeechTokensError `argument-invalid` */
export function checkCodebookCount(codebookCount: number | undefined, available: number): number {
  if (codebookCount === undefined) return available;
  if (Number.isInteger(codebookCount) && codebookCount >= 1 && codebookCount <= available) return codebookCount;
  throw new SpeechTokensError('argument-invalid', {
    problem: 'The number of codebooks is out of range',
    found: String(codebookCount),
    wanted: `an integer from 1 to ${available}`,
    remedy: 'Leave it out to use all of them',
    details: { argument: 'codebookCount' },
  });
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
  throw new SpeechTokensError('session-closed', {
    problem: 'The component takes nothing more',
    found: 'It was closed',
    remedy: 'Load it again',
    details: {},
  });
}

/** Lets other work run between two stretches of a long call, and ends it when its caller has aborted it. */
export async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  signal?.throwIfAborted();
}
