import { createRandom } from '@speech-tokens/core';

/** Something like speech: a gliding harmonic tone whose loudness comes and goes, with noise, at 16 kHz. */
export function speechLikeSamples(sampleCount: number, seed: string): Float32Array {
  const random = createRandom(seed);
  const samples = new Float32Array(sampleCount);
  const pitchHz = 90 + 120 * random.nextUnit();
  let phase = 0;
  for (let n = 0; n < sampleCount; n++) {
    phase += (2 * Math.PI * pitchHz * (1 + 0.2 * Math.sin(n / 3_000))) / 16_000;
    const loudness = 0.5 - 0.5 * Math.cos(n / 1_500);
    let voice = 0;
    for (let harmonic = 1; harmonic <= 8; harmonic++) voice += Math.sin(harmonic * phase) / harmonic;
    samples[n] = 0.1 * loudness * voice + 0.01 * random.nextGaussian();
  }
  return samples;
}
