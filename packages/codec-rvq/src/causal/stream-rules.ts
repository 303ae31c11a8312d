import { SpeechTokensError } from '@speech-tokens/core';

/**
 * Frames of one run. More make whole files faster up to here, and a run is the step at which a call can be aborted:
 * two seconds of audio at 50 frames a second take some tens of milliseconds.
 */
export const framesPerRun = 100;

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
