import { kaldiFilters } from '../mel/mel-filters.ts';
import { openMelFrames } from '../mel/mel-frames.ts';
import { poveyWindow } from '../mel/spectral-basis.ts';
import type { OpenGraph, RowSource } from '../network/feature-network.ts';
import type { W2vBertConfig } from './w2v-bert-config.ts';

/** Kaldi's frames at 16 kHz: 25 ms every 10 ms. */
export const kaldiFrameSamples = 400;
export const kaldiHopSamples = 160;

/**
 * Kaldi's log-mel frames of samples scaled to 16 bits, each band with mean 0 and variance 1 over the recording, several
 * frames a row. Frames at the end that fill no row are left out, but count for mean and variance.
 * Source: huggingface/transformers, `models/seamless_m4t/feature_extraction_seamless_m4t.py`; kaldi-asr/kaldi,
 * `src/feat/feature-window.cc`.
 */
export async function openW2vBertRows(
  { sampleRateHz, bandCount, framesPerRow }: W2vBertConfig,
  openGraph: OpenGraph,
): Promise<RowSource> {
  const fftSize = 512;
  const mel = await openMelFrames(
    {
      hopSamples: kaldiHopSamples,
      filters: kaldiFilters({ sampleRateHz, fftSize, bandCount, lowestHz: 20, highestHz: sampleRateHz / 2 }),
      floor: 1.192092955078125e-7,
      steps: {
        frameSamples: kaldiFrameSamples,
        fftSize,
        window: poveyWindow(kaldiFrameSamples),
        scale: 2 ** 15,
        removesMean: true,
        preemphasis: 0.97,
      },
    },
    openGraph,
  );
  const rowWidth = framesPerRow * bandCount;
  return {
    async prepare(samples, options) {
      const frames = await mel.read(samples, options);
      normalizeBands(frames, bandCount);
      return {
        frameCount: Math.floor(frames.length / rowWidth),
        read: async (first, end) => frames.subarray(first * rowWidth, end * rowWidth),
      };
    },
    close: () => mel.close(),
  };
}

/** Each band over all frames, in place; the variance is the unbiased one. */
function normalizeBands(frames: Float32Array, bandCount: number): void {
  const count = frames.length / bandCount;
  if (count < 2) return;
  for (let band = 0; band < bandCount; band++) {
    let sum = 0;
    for (let at = band; at < frames.length; at += bandCount) sum += frames[at]!;
    const mean = sum / count;
    let squares = 0;
    for (let at = band; at < frames.length; at += bandCount) squares += (frames[at]! - mean) ** 2;
    const scale = 1 / Math.sqrt(squares / (count - 1) + 1e-7);
    for (let at = band; at < frames.length; at += bandCount) frames[at] = (frames[at]! - mean) * scale;
  }
}
