/** What happens to a frame of samples before its Fourier transform. Every step is linear, so all of it is one matrix. */
export interface FrameSteps {
  readonly frameSamples: number;
  readonly fftSize: number;
  /** `[frameSamples]` */
  readonly window: Float64Array;
  /** Each sample is multiplied by it. */
  readonly scale: number;
  /** Whether the mean of each frame is taken away. */
  readonly removesMean: boolean;
  /** How much of the sample before is taken away from each sample: 0.97 in Kaldi. The first one stands for its own. */
  readonly preemphasis: number;
}

/**
 * Real and imaginary parts of the spectrum as filters over the samples of a frame: `[2 · bins, frameSamples]`, first all
 * real parts. It is the transform with its window, and the steps before it applied to the filters from the last to the
 * first, transposed.
 */
export function spectralBasis(steps: FrameSteps): Float32Array {
  const { frameSamples, fftSize, window, scale, removesMean, preemphasis } = steps;
  const binCount = fftSize / 2 + 1;
  const basis = new Float32Array(2 * binCount * frameSamples);
  for (let row = 0; row < 2 * binCount; row++) {
    const bin = row % binCount;
    const filter = new Float64Array(frameSamples);
    for (let n = 0; n < frameSamples; n++) {
      const angle = (2 * Math.PI * ((bin * n) % fftSize)) / fftSize;
      filter[n] = window[n]! * (row < binCount ? Math.cos(angle) : -Math.sin(angle));
    }
    const first = filter[0]!;
    for (let n = 0; n + 1 < frameSamples; n++) filter[n]! -= preemphasis * filter[n + 1]!;
    filter[0]! -= preemphasis * first;
    const mean = removesMean ? filter.reduce((sum, value) => sum + value, 0) / frameSamples : 0;
    for (let n = 0; n < frameSamples; n++) basis[row * frameSamples + n] = scale * (filter[n]! - mean);
  }
  return basis;
}

/** As torch.hann_window: periodic. */
export function hannWindow(length: number): Float64Array {
  return Float64Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
}

/** Kaldi's window: a symmetric Hann window to the power of 0.85. */
export function poveyWindow(length: number): Float64Array {
  return Float64Array.from({ length }, (_, n) => (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (length - 1))) ** 0.85);
}
