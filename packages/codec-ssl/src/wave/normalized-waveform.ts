/**
 * The samples with mean 0 and variance 1 over the whole recording, as a new array.
 * Source: huggingface/transformers, `models/wav2vec2/feature_extraction_wav2vec2.py` (`zero_mean_unit_var_norm`).
 */
export function normalizedWaveform(samples: Float32Array): Float32Array {
  let sum = 0;
  for (const sample of samples) sum += sample;
  const mean = sum / samples.length;
  let squares = 0;
  for (const sample of samples) squares += (sample - mean) ** 2;
  const scale = 1 / Math.sqrt(squares / samples.length + 1e-7);
  return samples.map((sample) => (sample - mean) * scale);
}
