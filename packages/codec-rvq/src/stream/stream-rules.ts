import { SpeechTokensError } from '@speech-tokens/core';

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
