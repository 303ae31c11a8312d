import { isSpeechTokensError, type SpeechTokensError } from '../../src/errors/speech-tokens-error.ts';

/** The typed error that a call throws. Another error goes on; none at all is an error. */
export function errorOf(call: () => unknown): SpeechTokensError {
  try {
    call();
  } catch (error) {
    if (isSpeechTokensError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** `code: message` of the typed error that a call throws, or `accepted`. */
export function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (!isSpeechTokensError(error)) throw error;
    return `${error.code}: ${error.message}`;
  }
  return 'accepted';
}
