import { SpeechTokensError } from '@speech-tokens/core';

/** A fault of an `.ecdc` file. */
export function ecdcError(
  path: string,
  fault: { readonly problem: string; readonly found: string; readonly wanted: string; readonly remedy?: string },
): SpeechTokensError<'token-file-invalid'> {
  return new SpeechTokensError('token-file-invalid', {
    problem: `${path}: ${fault.problem}`,
    found: fault.found,
    wanted: fault.wanted,
    remedy: fault.remedy ?? 'Make the file again with EnCodec',
    details: { path },
  });
}
