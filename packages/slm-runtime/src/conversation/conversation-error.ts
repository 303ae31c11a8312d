import { SpeechTokensError, type TokenSpace } from '@speech-tokens/core';

/** Of calls that come after the end of a conversation. */
export function conversationClosed(): SpeechTokensError<'session-closed'> {
  return new SpeechTokensError('session-closed', {
    problem: 'The conversation takes nothing more',
    found: 'It has ended, was closed, or failed',
    remedy: 'Its events say how it ended; open another one',
    details: {},
  });
}

/** @throws SpeechTokensError `argument-invalid` */
export function checkRoom(argument: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new SpeechTokensError('argument-invalid', {
    problem: 'A conversation cannot hold so much',
    found: `${argument} ${value}`,
    wanted: 'an integer from 1',
    remedy: `Leave ${argument} out for its default`,
    details: { argument },
  });
}

/** A codec that cannot be heard or spoken while it goes on. */
export function notStreaming({ id }: TokenSpace, wanted: string): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: `${id} cannot be used in a conversation`,
    found: `no ${wanted}`,
    wanted,
    remedy: 'Use a codec that streams and whose tokens have a clock',
    details: { argument: 'codec' },
  });
}
