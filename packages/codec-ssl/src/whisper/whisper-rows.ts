import { slaneyFilters } from '../mel/mel-filters.ts';
import { openMelFrames } from '../mel/mel-frames.ts';
import { hannWindow } from '../mel/spectral-basis.ts';
import type { OpenGraph, RowSource } from '../network/feature-network.ts';
import type { WhisperConfig } from './whisper-config.ts';

/**
 * Whisper's log-mel frames, two of them a row. The recording is padded with silence to whole rows, and to at least
 * `leastRows`; frames lie with their middle on multiples of the hop, and the ends are mirrored under them.
 * Logarithms are to base 10, at most 8 below the greatest of the recording, and brought to about −1 to 1.
 * Source: openai/whisper, `whisper/audio.py`, `log_mel_spectrogram`.
 */
export async function openWhisperRows(
  { sampleRateHz, bandCount, fftSize, hopSamples }: WhisperConfig,
  leastRows: number,
  openGraph: OpenGraph,
): Promise<RowSource> {
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
  const rowSamples = 2 * hopSamples;
  const rowWidth = 2 * bandCount;
  return {
    async prepare(samples, options) {
      const frameCount = Math.ceil(samples.length / rowSamples);
      const length = Math.max(frameCount, leastRows) * rowSamples;
      // One frame more would have its middle at the end.
      const frames = await mel.read(
        mirrored(samples, length, fftSize / 2).subarray(0, length + fftSize - hopSamples),
        options,
      );
      const scaled = scaledLogarithms(frames);
      return {
        frameCount,
        read: async (first, end) => scaled.subarray(first * rowWidth, end * rowWidth),
      };
    },
    close: () => mel.close(),
  };
}

/** The samples with silence up to `length`, and `margin` samples mirrored at either end, the outermost not repeated. */
function mirrored(samples: Float32Array, length: number, margin: number): Float32Array {
  const padded = new Float32Array(length + 2 * margin);
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
