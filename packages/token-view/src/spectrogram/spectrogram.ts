import { createPowerSpectrum } from '@speech-tokens/measures';

/** Loudness over time and frequency. Plain data: it can be sent and stored. */
export interface Spectrogram {
  readonly sampleRateHz: number;
  /** Where the first column starts: 0 for a whole recording. */
  readonly firstSample: number;
  /** From there to the end of what it covers. */
  readonly sampleCount: number;
  /** From one column to the next. Column c lies around sample firstSample + (c + ½) · hop. */
  readonly hopSamples: number;
  /** From 0 Hz to half the rate, in equal steps. */
  readonly binCount: number;
  /** `[columns, bins]`: 0 for `floorDb` and below, 255 for a sine at full scale. */
  readonly levels: Uint8Array;
  readonly floorDb: number;
}

export interface SpectrogramBuilder {
  /** Samples that follow those before; of several channels the mean is shown. */
  push(channels: readonly Float32Array[]): void;
  /** Ends the recording. */
  result(): Spectrogram;
}

export interface SpectrogramSettings {
  readonly sampleRateHz: number;
  /** Of what is pushed in all: it decides how far columns lie apart. */
  readonly sampleCount: number;
  /** 4096 by default. */
  readonly mostColumns?: number;
  /** Columns are no closer than this, and 1 sample; 5 ms by default. */
  readonly leastHopSeconds?: number;
  /** 0 by default. */
  readonly firstSample?: number;
}

const floorDb = -90;

/** Short-time spectra in windows of 25 to 50 ms, whose power of two is nearest to 32 ms. One pass; one byte a value. */
export function createSpectrogram({
  sampleRateHz,
  sampleCount,
  mostColumns = 4096,
  leastHopSeconds = 0.005,
  firstSample = 0,
}: SpectrogramSettings): SpectrogramBuilder {
  const size = 2 ** Math.max(4, Math.min(15, Math.round(Math.log2(sampleRateHz * 0.032))));
  const hopSamples = Math.max(1, Math.round(sampleRateHz * leastHopSeconds), Math.ceil(sampleCount / mostColumns));
  const columnCount = Math.ceil(sampleCount / hopSamples);
  const binCount = size / 2;
  const levels = new Uint8Array(columnCount * binCount);
  const spectrum = createPowerSpectrum(size);
  const taper = Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / size));
  const fullScale = (taper.reduce((sum, value) => sum + value, 0) / 2) ** 2;
  const powers = new Float64Array(size / 2 + 1);
  const frame = new Float64Array(size);
  /** Samples from `heldFrom` on. */
  let held = new Float32Array(4 * size);
  let [heldFrom, heldCount, column] = [0, 0, 0];

  const startOf = (index: number): number => Math.floor((index + 0.5) * hopSamples - size / 2);
  const compute = (): void => {
    const start = startOf(column) - heldFrom;
    for (let i = 0; i < size; i++) frame[i] = (held[start + i] ?? 0) * taper[i]!;
    if (start < 0) frame.fill(0, 0, Math.min(size, -start));
    spectrum(frame, powers);
    for (let bin = 0; bin < binCount; bin++) {
      // Between bins the louder one: a line that falls between two is not lost.
      const power = Math.max(powers[bin]!, powers[bin + 1]!);
      const db = 10 * Math.log10(power / fullScale + 1e-12);
      levels[column * binCount + bin] = Math.round(255 * Math.max(0, Math.min(1, 1 - db / floorDb)));
    }
    column++;
  };
  const append = (channels: readonly Float32Array[]): void => {
    const count = channels[0]?.length ?? 0;
    // What lies before the next column's window is not needed any more.
    const dropped = Math.max(0, Math.min(heldCount, startOf(column) - heldFrom));
    held.copyWithin(0, dropped, heldCount);
    heldFrom += dropped;
    heldCount -= dropped;
    if (heldCount + count > held.length) {
      const longer = new Float32Array(2 * (heldCount + count));
      longer.set(held.subarray(0, heldCount));
      held = longer;
    }
    for (let i = 0; i < count; i++) {
      let sum = 0;
      for (const channel of channels) sum += channel[i]!;
      held[heldCount + i] = sum / channels.length;
    }
    heldCount += count;
  };
  return {
    push(channels) {
      const count = channels[0]?.length ?? 0;
      const piece = 65_536;
      for (let from = 0; from < count; from += piece) {
        append(channels.map((channel) => channel.subarray(from, from + piece)));
        while (column < columnCount && startOf(column) + size <= heldFrom + heldCount) compute();
      }
    },
    result() {
      held.fill(0, heldCount);
      while (column < columnCount) compute();
      return { sampleRateHz, firstSample, sampleCount, hopSamples, binCount, levels, floorDb };
    },
  };
}
