import { SpeechTokensError } from '@speech-tokens/core';
import { speechLogMel } from '../signal/log-mel.ts';
import { createLogMelMeter } from './log-mel-difference.ts';
import { createSampleQueue } from './sample-queue.ts';
import { createSiSdrMeter } from './si-sdr.ts';

/** How close decoded speech is to its original. */
export interface SpeechQuality {
  /** Scale-invariant signal-to-distortion ratio, higher is better. */
  readonly siSdrDb: number;
  /** Pearson correlation of log-mel energies; `undefined` where one side does not vary (digital silence). */
  readonly logMelCorrelation: number | undefined;
  /** Root mean square difference of log-mel energies, lower is better. */
  readonly logMelDistanceDb: number;
  /** Samples that both had, at 16 kHz. */
  readonly sampleCount: number;
}

/** Compares two streams that arrive in different pieces. It holds what one is ahead of the other, and no more. */
export interface SpeechQualityMeter {
  pushReference(samples: Float32Array): void;
  pushEstimate(samples: Float32Array): void;
  /** Ends both streams. The end of the longer one is left out; `undefined` where one of them had no sample. */
  finish(): SpeechQuality | undefined;
}

/**
 * @param sampleRateHz rate of both streams: 16,000, so that figures of codecs at different rates can be compared
 * @throws SpeechTokensError `audio-format` for any other rate
 */
export function createSpeechQualityMeter(sampleRateHz: number): SpeechQualityMeter {
  if (sampleRateHz !== speechLogMel.sampleRateHz) {
    throw new SpeechTokensError('audio-format', {
      problem: 'Speech quality is measured at one rate',
      found: `${sampleRateHz} Hz`,
      wanted: `${speechLogMel.sampleRateHz} Hz`,
      remedy: 'Resample both signals first',
      details: {},
    });
  }
  const reference = createSampleQueue();
  const estimate = createSampleQueue();
  const siSdr = createSiSdrMeter();
  const logMel = createLogMelMeter();
  let sampleCount = 0;
  const pair = (): void => {
    const count = Math.min(reference.length(), estimate.length());
    if (count === 0) return;
    const a = reference.take(count);
    const b = estimate.take(count);
    siSdr.push(a, b);
    logMel.push(a, b);
    sampleCount += count;
  };
  return {
    pushReference(samples) {
      reference.add(samples);
      pair();
    },
    pushEstimate(samples) {
      estimate.add(samples);
      pair();
    },
    finish() {
      const siSdrDb = siSdr.siSdrDb();
      if (siSdrDb === undefined) return undefined;
      const { correlation, distanceDb } = logMel.finish();
      return { siSdrDb, logMelCorrelation: correlation, logMelDistanceDb: distanceDb, sampleCount };
    },
  };
}
