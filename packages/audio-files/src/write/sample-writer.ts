import { type AudioClip, createRandom, type SeededRandom, SpeechTokensError, sampleCountOf } from '@speech-tokens/core';
import { bytesPerSampleOf, type WavSampleFormat } from './wav-header.ts';

export interface SampleWriterOptions {
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly sampleFormat: WavSampleFormat;
  /**
   * Adds triangular noise of one step to 16-bit samples before rounding, the same for the same seed. None by default:
   * what was read from 16 bits is then written back unchanged.
   */
  readonly ditherSeed?: string | number;
}

/** Turns clips into interleaved bytes, and counts what had to be clipped. */
export interface SampleWriter {
  /** Values beyond [-1, 1] so far; only integers clip. */
  readonly clippedCount: number;
  /** @throws SpeechTokensError `audio-format` when rate, channels or values are not what was agreed */
  encode(clip: AudioClip): Uint8Array<ArrayBuffer>;
}

export function createSampleWriter(options: SampleWriterOptions): SampleWriter {
  const { sampleFormat, ditherSeed } = options;
  const random = ditherSeed === undefined ? undefined : createRandom(ditherSeed);
  const bytesPerSample = bytesPerSampleOf(sampleFormat);
  let clippedCount = 0;
  return {
    get clippedCount() {
      return clippedCount;
    },
    encode(clip) {
      checkClip(clip, options);
      const sampleCount = sampleCountOf(clip);
      const channelCount = clip.channels.length;
      const bytes = new Uint8Array(sampleCount * channelCount * bytesPerSample);
      const view = new DataView(bytes.buffer);
      let at = 0;
      for (let i = 0; i < sampleCount; i++) {
        for (let channel = 0; channel < channelCount; channel++, at += bytesPerSample) {
          const value = clip.channels[channel]![i]!;
          if (!Number.isFinite(value)) throw notFinite(value);
          if (sampleFormat === 'float32') {
            view.setFloat32(at, value, true);
          } else {
            if (value > 1 || value < -1) clippedCount++;
            view.setInt16(at, toInt16(value, random), true);
          }
        }
      }
      return bytes;
    },
  };
}

function toInt16(value: number, random: SeededRandom | undefined): number {
  const noise = random === undefined ? 0 : random.nextUnit() - random.nextUnit();
  return Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768 + noise)));
}

function checkClip(clip: AudioClip, wanted: SampleWriterOptions): void {
  const sampleCount = sampleCountOf(clip);
  const fits =
    clip.sampleRateHz === wanted.sampleRateHz &&
    clip.channels.length === wanted.channelCount &&
    clip.channels.every((samples) => samples.length === sampleCount);
  if (fits) return;
  throw new SpeechTokensError('audio-format', {
    problem: 'The audio does not fit the file that is written',
    found: `${clip.sampleRateHz} Hz, channels of ${clip.channels.map((samples) => samples.length).join(', ')} samples`,
    wanted: `${wanted.sampleRateHz} Hz, ${wanted.channelCount} channels of equal length`,
    remedy: 'Convert it first, for example with convertStream',
    details: {},
  });
}

function notFinite(value: number): SpeechTokensError {
  return new SpeechTokensError('audio-format', {
    problem: 'The audio holds a value that no sound file should',
    found: String(value),
    wanted: 'finite numbers',
    remedy: 'Look for the step that produced it',
    details: {},
  });
}
