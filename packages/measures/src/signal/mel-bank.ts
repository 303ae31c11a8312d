/** A triangular filter: weights of the spectrum's bins from `firstBin` on. */
export interface MelBand {
  readonly firstBin: number;
  readonly weights: Float64Array;
}

/**
 * Triangular bands, equally wide on the mel scale 2595·log10(1 + f / 700), each of height 1 (no area normalisation).
 * @param sampleRateHz rate of the signal; the bands cover 0 Hz to half of it
 * @param fftSize bins are `fftSize / 2 + 1`, from 0 Hz to half the rate
 */
export function createMelBank(sampleRateHz: number, fftSize: number, bandCount: number): readonly MelBand[] {
  const toMel = (hz: number): number => 2595 * Math.log10(1 + hz / 700);
  const toHz = (mel: number): number => 700 * (10 ** (mel / 2595) - 1);
  const topMel = toMel(sampleRateHz / 2);
  const cornerHz = (i: number): number => toHz((topMel * i) / (bandCount + 1));
  const bins = fftSize / 2 + 1;
  return Array.from({ length: bandCount }, (_, band) => {
    const [low, centre, high] = [cornerHz(band), cornerHz(band + 1), cornerHz(band + 2)];
    const weightOf = (bin: number): number => {
      const hz = (bin * sampleRateHz) / fftSize;
      return Math.max(0, Math.min((hz - low) / (centre - low), (high - hz) / (high - centre)));
    };
    const all = Float64Array.from({ length: bins }, (_, bin) => weightOf(bin));
    const firstBin = all.findIndex((weight) => weight > 0);
    // Narrow bands of a short transform may fall between two bins: they stay empty.
    if (firstBin < 0) return { firstBin: 0, weights: new Float64Array() };
    return { firstBin, weights: all.slice(firstBin, all.findLastIndex((weight) => weight > 0) + 1) };
  });
}
