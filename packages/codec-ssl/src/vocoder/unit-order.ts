import { SpeechTokensError } from '@speech-tokens/core';

/** What a stream throws where units follow those that end a recording: a unit needs more samples than it lasts. */
export function unitsAfterEnd(found: number, wanted: number): SpeechTokensError<'token-grid-invalid'> {
  return new SpeechTokensError('token-grid-invalid', {
    problem: 'Units follow the end of a recording',
    found: `${found} units before them`,
    wanted: `${wanted}, for the samples before them`,
    remedy: 'Cut one recording into pieces with sliceGrid, and call reset() between recordings',
    details: {},
  });
}
