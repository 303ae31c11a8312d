/** Statistics of all windows of a recording, as the group norm after a first convolution needs them. */
export interface WindowStatistics {
  /** `[kernelSize]` */
  readonly mean: Float32Array;
  /** `[kernelSize, kernelSize]`, row by row: a lower triangle L with L · Lᵀ = covariance. */
  readonly covarianceRoot: Float32Array;
}

/**
 * Mean and covariance of the windows `samples[t · stride … + kernelSize)`.
 *
 * HuBERT's first convolution has no bias, and each of its channels is normalised over the whole recording. A channel with
 * weights w has the mean w · mean and the variance wᵀ · covariance · w = ‖Lᵀ · w‖². So the norm can be folded into the
 * convolution before it runs, and audio can be encoded piece by piece with the statistics of all of it.
 * The root and not the covariance, since a float32 of the one is as exact as the samples are.
 */
export function windowStatistics(samples: Float32Array, kernelSize: number, stride: number): WindowStatistics {
  const count = Math.floor((samples.length - kernelSize) / stride) + 1;
  const sums = new Float64Array(kernelSize);
  const products = new Float64Array(kernelSize * kernelSize);
  for (let t = 0; t < count; t++) {
    const start = t * stride;
    for (let i = 0; i < kernelSize; i++) {
      const value = samples[start + i]!;
      sums[i]! += value;
      for (let j = 0; j <= i; j++) products[i * kernelSize + j]! += value * samples[start + j]!;
    }
  }
  const mean = sums.map((sum) => sum / count);
  const covariance = products.map((product, at) => {
    const [i, j] = [Math.floor(at / kernelSize), at % kernelSize];
    return product / count - mean[i]! * mean[j]!;
  });
  return { mean: Float32Array.from(mean), covarianceRoot: Float32Array.from(cholesky(covariance, kernelSize)) };
}

/** The root of a matrix that may be singular (silence, a constant): directions without variance are left out. */
function cholesky(matrix: Float64Array, size: number): Float64Array {
  const root = new Float64Array(size * size);
  let trace = 0;
  for (let i = 0; i < size; i++) trace += matrix[i * size + i]!;
  for (let j = 0; j < size; j++) {
    let pivot = matrix[j * size + j]!;
    for (let k = 0; k < j; k++) pivot -= root[j * size + k]! ** 2;
    if (pivot <= 1e-15 * trace) continue;
    const diagonal = Math.sqrt(pivot);
    root[j * size + j] = diagonal;
    for (let i = j + 1; i < size; i++) {
      let value = matrix[i * size + j]!;
      for (let k = 0; k < j; k++) value -= root[i * size + k]! * root[j * size + k]!;
      root[i * size + j] = value / diagonal;
    }
  }
  return root;
}
