import { SpeechTokensError } from '@speech-tokens/core';

/**
 * When speech begins and ends. Defaults are those of `server_vad` of OpenAI's Realtime API where it has one, else of
 * Silero's (snakers4/silero-vad, src/silero_vad/utils_vad.py).
 */
export interface VoiceActivitySettings {
  /** Probability from which on a window is speech, in (0, 1): 0.5. */
  readonly threshold?: number;
  /** Probability below which speech may end, at most `threshold`: 0.15 less, and at least 0.01. */
  readonly exitThreshold?: number;
  /** Speech that is no longer than this is none; it is told of so much later. 0. */
  readonly minimumSpeechMs?: number;
  /** Silence after which speech has ended; shorter gaps are part of it. 500. */
  readonly minimumSilenceMs?: number;
  /** What is taken with speech before it: 300. */
  readonly paddingBeforeMs?: number;
  /** What is taken with speech after it: 30. */
  readonly paddingAfterMs?: number;
}

/** In samples. */
export interface DetectorSettings {
  readonly threshold: number;
  readonly exitThreshold: number;
  readonly minimumSpeech: number;
  readonly minimumSilence: number;
  readonly paddingBefore: number;
  readonly paddingAfter: number;
}

/** @throws SpeechTokensError `argument-invalid` */
export function detectorSettings(settings: VoiceActivitySettings, sampleRateHz: number): DetectorSettings {
  const { threshold = 0.5 } = settings;
  const { exitThreshold = Math.max(threshold - 0.15, 0.01) } = settings;
  if (!(threshold > 0 && threshold < 1)) throw invalid('threshold', threshold, 'a number between 0 and 1');
  if (!(exitThreshold > 0 && exitThreshold <= threshold)) {
    throw invalid('exitThreshold', exitThreshold, `a number above 0, at most ${threshold}`);
  }
  const samples = (argument: keyof VoiceActivitySettings, fallback: number): number => {
    const ms = settings[argument] ?? fallback;
    if (!(ms >= 0 && ms <= 60_000)) throw invalid(argument, ms, '0 to 60000 milliseconds');
    return Math.floor((ms * sampleRateHz) / 1000);
  };
  return {
    threshold,
    exitThreshold,
    minimumSpeech: samples('minimumSpeechMs', 0),
    minimumSilence: samples('minimumSilenceMs', 500),
    paddingBefore: samples('paddingBeforeMs', 300),
    paddingAfter: samples('paddingAfterMs', 30),
  };
}

function invalid(argument: string, found: number, wanted: string): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: 'Voice activity cannot be told with these settings',
    found: `${argument} ${found}`,
    wanted,
    remedy: `Leave ${argument} out for its default`,
    details: { argument },
  });
}
