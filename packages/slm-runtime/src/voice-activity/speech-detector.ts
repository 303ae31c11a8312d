import { isCount, type PlainData } from '@speech-tokens/core';
import type { DetectorSettings } from './voice-activity-settings.ts';

/** Where speech begins or ends, in samples from the start of the stream, with its padding. */
export type SpeechBoundary =
  | { readonly kind: 'speechStart'; readonly sample: number }
  | { readonly kind: 'speechEnd'; readonly sample: number };

interface Detection {
  /** Samples that were judged. */
  judged: number;
  /** Where the speech begins that goes on, or -1. */
  speechFrom: number;
  /** Whether its start was told. */
  isTold: boolean;
  /** Where the silence within it begins, or -1. */
  silenceFrom: number;
  /** Where the speech before it ended, padding included. */
  endedAt: number;
}

/**
 * From probabilities of windows to speech with a beginning and an end: it begins at one threshold, ends below another
 * one, and only when it stays there. Source: snakers4/silero-vad, src/silero_vad/utils_vad.py, `VADIterator` and
 * `get_speech_timestamps`.
 */
export class SpeechDetector {
  readonly #settings: DetectorSettings;
  #at: Detection = { judged: 0, speechFrom: -1, isTold: false, silenceFrom: -1, endedAt: 0 };

  constructor(settings: DetectorSettings) {
    this.#settings = settings;
  }

  /** The next window, of so many samples of the stream. */
  judge(probability: number, samples: number): readonly SpeechBoundary[] {
    const { threshold, exitThreshold, minimumSilence } = this.#settings;
    const at = this.#at;
    const from = at.judged;
    at.judged += samples;
    if (probability >= threshold) {
      at.silenceFrom = -1;
      if (at.speechFrom < 0) at.speechFrom = from;
    }
    if (at.speechFrom < 0) return [];
    if (probability < exitThreshold && at.silenceFrom < 0) at.silenceFrom = from;
    if (at.silenceFrom < 0) return this.#tellStart(at.judged);
    if (probability < exitThreshold && from - at.silenceFrom >= minimumSilence) return this.#end(at.silenceFrom);
    return [];
  }

  /** The stream ends: so does speech. */
  finish(): readonly SpeechBoundary[] {
    const at = this.#at;
    if (at.speechFrom < 0) return [];
    return [...this.#tellStart(at.judged), ...this.#end(at.judged)];
  }

  reset(): void {
    this.#at = { judged: 0, speechFrom: -1, isTold: false, silenceFrom: -1, endedAt: 0 };
  }

  save(): PlainData {
    return { ...this.#at };
  }

  /** @returns false where the data are not of a detector; it is then as it was */
  restore(data: PlainData | undefined): boolean {
    const saved = data as Partial<Detection> | null | undefined;
    const { judged, speechFrom, isTold, silenceFrom, endedAt } = saved ?? {};
    const isPlace = (value: number | undefined): value is number => value === -1 || isCount(value);
    if (!isCount(judged) || !isCount(endedAt) || typeof isTold !== 'boolean') return false;
    if (!isPlace(speechFrom) || !isPlace(silenceFrom)) return false;
    this.#at = { judged, speechFrom, isTold, silenceFrom, endedAt };
    return true;
  }

  #tellStart(upTo: number): readonly SpeechBoundary[] {
    const at = this.#at;
    if (at.isTold || upTo - at.speechFrom <= this.#settings.minimumSpeech) return [];
    at.isTold = true;
    return [{ kind: 'speechStart', sample: Math.max(at.endedAt, at.speechFrom - this.#settings.paddingBefore) }];
  }

  #end(silence: number): readonly SpeechBoundary[] {
    const at = this.#at;
    const { isTold } = at;
    at.speechFrom = -1;
    at.silenceFrom = -1;
    at.isTold = false;
    if (!isTold) return [];
    at.endedAt = Math.min(at.judged, silence + this.#settings.paddingAfter);
    return [{ kind: 'speechEnd', sample: at.endedAt }];
  }
}
