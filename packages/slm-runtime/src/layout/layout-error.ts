import { SpeechTokensError } from '@speech-tokens/core';

/** A layout, or something given for it, that cannot be. */
export function invalidLayout(problem: string, found: string, wanted: string): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem,
    found,
    wanted,
    remedy: "Take the values from the checkpoint's own configuration",
    details: { argument: 'layout' },
  });
}

/** Ids that do not fit the layout that they are read with, or a grid that it cannot hold. */
export function invalidIds(problem: string, found: string, wanted: string): SpeechTokensError<'token-grid-invalid'> {
  return new SpeechTokensError('token-grid-invalid', {
    problem,
    found,
    wanted,
    remedy: 'Give whole frames, in the order of the layout',
    details: {},
  });
}
