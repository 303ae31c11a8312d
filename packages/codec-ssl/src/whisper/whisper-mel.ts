import type { CallOptions } from '@speech-tokens/core';
import { slaneyFilters } from '../mel/mel-filters.ts';
import { openMelFrames } from '../mel/mel-frames.ts';
import { hannWindow } from '../mel/spectral-basis.ts';
import type { OpenGraph } from '../network/feature-network.ts';

export interface WhisperMelShape {
  readonly sampleRateHz: number;
  readonly bandCount: number;
  readonly fftSize: number;
  readonly hopSamples: number;
}

export interface WhisperMel {
  /** The frames of a recording, `[⌊samples / hop⌋, bands]`. They depend on all of it, by its greatest value. */
  read(samples: Float32Array, options: CallOptions): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Whisper's log-mel frames. They lie with their middle on multiples of the hop, and the ends of the recording are mirrored
 * under them. Logarithms are to base 10, at most 8 below the greatest of the recording, and brought to about −1 to 1.
 * Source: openai/whisper, `whisper/audio.py`, `log_mel_spectrogram`.
 */
export async function openWhisperMel(
  { sampleRateHz, bandCount, fftSize, hopSamples }: WhisperMelShape,
  openGraph: OpenGraph,
): Promise<WhisperMel> {
  const mel = await openMelFrames(
    {
      hopSamples,
      filters: slaneyFilters({ sampleRateHz, fftSize, bandCount, lowestHz: 0, highestHz: sampleRateHz / 2 }),
      floor: 1e-10,
      steps: {
        frameSamples: fftSize,
        fftSize,
        window: hannWindow(fftSize),
        scale: 1,
        removesMean: false,
        preemphasis: 0,
      },
    },
    openGraph,
  );
  return {
    async read(samples, options) {
      // One frame more would have its middle at the end, or in the last hop.
      const end = samples.length + fftSize - hopSamples;
      return scaledLogarithms(await mel.read(mirrored(samples, fftSize / 2).subarray(0, end), options));
    },
    close: () => mel.close(),
  };
}

/** The samples with `margin` samples mirrored at either end, the outermost not repeated. */
function mirrored(samples: Float32Array, margin: number): Float32Array {
  const { length } = samples;
  const padded = new Float32Array(length + 2 * margin);
  if (length === 0) return padded;
  padded.set(samples, margin);
  for (let i = 1; i <= margin; i++) {
    padded[margin - i] = padded[margin + (i % length)]!;
    padded[margin + length - 1 + i] = padded[margin + ((((length - 1 - i) % length) + length) % length)]!;
  }
  return padded;
}

function scaledLogarithms(naturalLogarithms: Float32Array): Float32Array {
  const decade = Math.log(10);
  let greatest = Number.NEGATIVE_INFINITY;
  for (const value of naturalLogarithms) greatest = Math.max(greatest, value);
  const least = greatest / decade - 8;
  return naturalLogarithms.map((value) => (Math.max(value / decade, least) + 4) / 4);
}
