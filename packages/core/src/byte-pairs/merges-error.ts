import { SpeechTokensError } from '../errors/speech-tokens-error.ts';

/** An error about merges, or about a file of them. */
export function mergesError(
  problem: string,
  found: string,
  wanted: string,
  rest: {
    readonly remedy?: string;
    readonly path?: string | undefined;
    readonly feature?: string;
    readonly cause?: unknown;
  } = {},
): SpeechTokensError<'merges-invalid'> {
  const { remedy = 'Make the merges again, for example with trainBytePairs', path, feature, cause } = rest;
  return new SpeechTokensError('merges-invalid', {
    problem: path === undefined ? problem : `${problem} (${path})`,
    found,
    wanted,
    remedy,
    details: { ...(path === undefined ? {} : { path }), ...(feature === undefined ? {} : { feature }) },
    cause,
  });
}
