import { requireEqualLengths } from './equal-lengths.ts';

/** Scale-invariant signal-to-distortion ratio of a stream, by sums: memory does not grow. */
export interface SiSdrMeter {
  /** Gives the next samples of both, as many of one as of the other. */
  push(reference: Float32Array, estimate: Float32Array): void;
  /** In dB so far, higher is better; `undefined` before the first sample. */
  siSdrDb(): number | undefined;
}

/**
 * With scale = ⟨reference, estimate⟩ / ⟨reference, reference⟩, the ratio of the energies of scale·reference and of
 * estimate − scale·reference. The mean is not removed; 10⁻¹² is added to each energy, so silence gives 0 dB.
 * Source: Le Roux et al., "SDR – half-baked or well done?", ICASSP 2019.
 */
export function createSiSdrMeter(): SiSdrMeter {
  let referenceEnergy = 0;
  let estimateEnergy = 0;
  let product = 0;
  let sampleCount = 0;
  return {
    push(reference, estimate) {
      requireEqualLengths(reference, estimate);
      for (let i = 0; i < reference.length; i++) {
        const a = reference[i]!;
        const b = estimate[i]!;
        referenceEnergy += a * a;
        estimateEnergy += b * b;
        product += a * b;
      }
      sampleCount += reference.length;
    },
    siSdrDb() {
      if (sampleCount === 0) return undefined;
      const scale = product / (referenceEnergy + 1e-12);
      const signal = scale * scale * referenceEnergy;
      // Rounding can leave a perfect estimate slightly below zero.
      const noise = Math.max(0, estimateEnergy - 2 * scale * product + signal);
      return 10 * Math.log10((signal + 1e-12) / (noise + 1e-12));
    },
  };
}
