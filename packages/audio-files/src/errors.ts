import { SpeechTokensError } from '@speech-tokens/core';
import { maxChannelCount, maxSampleRateHz } from './limits.ts';

interface DecodeProblem {
  readonly problem: string;
  readonly found?: string | undefined;
  readonly wanted?: string | undefined;
  readonly remedy?: string;
  /** Name of the source, for the message. */
  readonly name: string;
  readonly format?: string | undefined;
  readonly cause?: unknown;
}

/** An `audio-decode` error about one source. */
export function decodeError(description: DecodeProblem): SpeechTokensError<'audio-decode'> {
  const { problem, found, wanted, remedy, name, format, cause } = description;
  return new SpeechTokensError('audio-decode', {
    problem: `${name}: ${problem}`,
    ...(found === undefined ? {} : { found }),
    ...(wanted === undefined ? {} : { wanted }),
    remedy: remedy ?? 'Check that the file is complete, or convert it to WAV or FLAC, for example with ffmpeg',
    details: { path: name, ...(format === undefined ? {} : { format }) },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** An `argument-invalid` error. */
export function argumentError(argument: string, found: string, wanted: string): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: `The argument ${argument} is out of range`,
    found,
    wanted,
    remedy: `Pass a valid ${argument}`,
    details: { argument },
  });
}

/** @throws SpeechTokensError `audio-decode` when a header's rate or channel count cannot be real */
export function checkHeaderFormat(
  header: { readonly sampleRateHz: number; readonly channelCount: number },
  name: string,
  format: string,
): void {
  const { sampleRateHz, channelCount } = header;
  if (!(sampleRateHz >= 1 && sampleRateHz <= maxSampleRateHz)) {
    throw decodeError({
      problem: 'The header gives an impossible sample rate',
      found: `${sampleRateHz} Hz`,
      wanted: `1 to ${maxSampleRateHz} Hz`,
      name,
      format,
    });
  }
  if (!(channelCount >= 1 && channelCount <= maxChannelCount)) {
    throw decodeError({
      problem: 'The header gives an impossible number of channels',
      found: `${channelCount}`,
      wanted: `1 to ${maxChannelCount}`,
      name,
      format,
    });
  }
}
