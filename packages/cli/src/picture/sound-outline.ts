import type { PcmChunk } from '@speech-tokens/core';
import { createLogMelAnalyzer } from '@speech-tokens/measures';
import { createTimeRows } from './time-rows.ts';
import type { TimeWindow } from './time-window.ts';

/** What a picture keeps of a sound within a window: its outline and its loudness over frequency, of bounded memory. */
export interface SoundOutline {
  readonly sampleRateHz: number;
  /** Pieces in order of time. */
  push(chunk: PcmChunk): void;
  flush(): void;
  /** Lowest and highest sample between two times; `undefined` past the end. */
  extremes(startSeconds: number, endSeconds: number): readonly [number, number] | undefined;
  /** ln of the power of each band (low to high) between two times; `undefined` past the end. */
  bands(startSeconds: number, endSeconds: number): Float32Array | undefined;
  readonly bandCount: number;
  /** Largest magnitude within the window. */
  peak(): number;
  /** Samples of the whole sound. */
  sampleCount(): number;
}

const finestSamples = 32;
const bandCount = 12;

export function createSoundOutline(sampleRateHz: number, window: TimeWindow): SoundOutline {
  const firstSample = Math.floor(window.startSeconds * sampleRateHz);
  const endSample = Math.ceil(window.endSeconds * sampleRateHz);
  const extremes = createTimeRows(2, (into, from) => {
    into[0] = Math.min(into[0]!, from[0]!);
    into[1] = Math.max(into[1]!, from[1]!);
  });
  const bands = createTimeRows(
    bandCount,
    (into, from, intoWeight, fromWeight) => {
      const share = fromWeight / (intoWeight + fromWeight);
      for (let i = 0; i < bandCount; i++) into[i] = into[i]! + (from[i]! - into[i]!) * share;
    },
    2048,
  );
  const fftSize = 2 ** Math.max(4, Math.min(13, Math.round(Math.log2(sampleRateHz * 0.032))));
  const hopSamples = Math.max(1, Math.round(sampleRateHz / 100));
  const analyzer = createLogMelAnalyzer({ sampleRateHz, fftSize, hopSamples, bandCount, powerFloor: 1e-7 });
  const keep = (energies: Float64Array): void => bands.add(energies);
  let [low, high, held] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  let [peak, keptCount, sampleCount] = [0, 0, 0];
  const settle = (): void => {
    if (held === 0) return;
    extremes.add([low, high]);
    peak = Math.max(peak, high, -low);
    [low, high, held] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  };
  return {
    sampleRateHz,
    bandCount,
    push({ channels }) {
      const count = channels[0]?.length ?? 0;
      const from = Math.min(count, Math.max(0, firstSample - sampleCount));
      const to = Math.max(from, Math.min(count, endSample - sampleCount));
      const mean = new Float32Array(to - from);
      for (let i = from; i < to; i++) {
        let sum = 0;
        for (const channel of channels) {
          const value = channel[i]!;
          sum += value;
          if (value < low) low = value;
          if (value > high) high = value;
        }
        mean[i - from] = sum / channels.length;
        if (++held === finestSamples) settle();
      }
      sampleCount += count;
      keptCount += mean.length;
      analyzer.push(mean, keep);
    },
    flush() {
      settle();
      if (keptCount > 0) analyzer.flush(keep);
    },
    extremes(startSeconds, endSeconds) {
      const scale = sampleRateHz / finestSamples;
      const offset = firstSample / finestSamples;
      const row = extremes.between(Math.max(0, startSeconds * scale - offset), endSeconds * scale - offset);
      return row === undefined ? undefined : [row[0]!, row[1]!];
    },
    bands(startSeconds, endSeconds) {
      const scale = sampleRateHz / hopSamples;
      const offset = firstSample / hopSamples;
      // The last window ends with the sound, so the last rows stand for the rest of it.
      const last = bands.count() - 1;
      if (last < 0 || startSeconds * sampleRateHz >= firstSample + keptCount) return undefined;
      const start = Math.max(0, Math.min(last, startSeconds * scale - offset));
      return bands.between(start, Math.max(start, endSeconds * scale - offset));
    },
    peak: () => peak,
    sampleCount: () => sampleCount,
  };
}
