/**
 * Filters from a power spectrum to mel bands, `[bins, bands]` row by row: triangles between neighbouring band centres.
 * Source: huggingface/transformers, `audio_utils.py`, `mel_filter_bank`.
 */
export interface MelFilters {
  readonly binCount: number;
  readonly bandCount: number;
  readonly values: Float32Array;
}

export interface MelFilterOptions {
  readonly sampleRateHz: number;
  readonly fftSize: number;
  readonly bandCount: number;
  readonly lowestHz: number;
  readonly highestHz: number;
}

/** Slaney's scale, linear below 1 kHz, with triangles over frequency of equal area: as librosa and Whisper have it. */
export function slaneyFilters(options: MelFilterOptions): MelFilters {
  const logStep = Math.log(6.4) / 27;
  const toMel = (hz: number): number => (hz < 1_000 ? (3 * hz) / 200 : 15 + Math.log(hz / 1_000) / logStep);
  const toHz = (mel: number): number => (mel < 15 ? (200 * mel) / 3 : 1_000 * Math.exp(logStep * (mel - 15)));
  const edges = bandEdges(options, toMel).map(toHz);
  return triangles(
    options,
    edges,
    (hz) => hz,
    (band) => 2 / (edges[band + 2]! - edges[band]!),
  );
}

/** Kaldi's scale, with triangles over mel and of equal height. */
export function kaldiFilters(options: MelFilterOptions): MelFilters {
  const toMel = (hz: number): number => 1_127 * Math.log(1 + hz / 700);
  return triangles(options, bandEdges(options, toMel), toMel, () => 1);
}

function bandEdges(
  { bandCount, lowestHz, highestHz }: MelFilterOptions,
  toMel: (hz: number) => number,
): readonly number[] {
  const [low, high] = [toMel(lowestHz), toMel(highestHz)];
  return Array.from({ length: bandCount + 2 }, (_, i) => low + ((high - low) * i) / (bandCount + 1));
}

/** Triangles with the given edges, on the axis that `place` puts frequencies on. */
function triangles(
  { sampleRateHz, fftSize, bandCount }: MelFilterOptions,
  edges: readonly number[],
  place: (hz: number) => number,
  height: (band: number) => number,
): MelFilters {
  const binCount = fftSize / 2 + 1;
  const values = new Float32Array(binCount * bandCount);
  for (let bin = 0; bin < binCount; bin++) {
    const at = place((bin * sampleRateHz) / fftSize);
    for (let band = 0; band < bandCount; band++) {
      const [left, centre, right] = edges.slice(band, band + 3) as [number, number, number];
      const rise = (at - left) / (centre - left);
      const fall = (right - at) / (right - centre);
      values[bin * bandCount + band] = height(band) * Math.max(0, Math.min(rise, fall));
    }
  }
  return { binCount, bandCount, values };
}
