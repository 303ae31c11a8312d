import { SpeechTokensError } from '@speech-tokens/core';

/** A saved state that is not of the thing that shall continue from it. */
export function invalidState(wanted: string): SpeechTokensError<'session-state-invalid'> {
  return new SpeechTokensError('session-state-invalid', {
    problem: 'The saved state cannot be continued here',
    found: 'data of something else, or damaged',
    wanted: `a state of ${wanted} like this one`,
    remedy: 'Continue it with the settings that it was saved with',
    details: {},
  });
}
