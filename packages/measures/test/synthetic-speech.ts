import { createRandom } from '@speech-tokens/core';

/** Something with the ups and downs of speech, the same on every machine to the last bit of float32. */
export function syntheticSpeech(sampleCount: number, seed: string): Float32Array {
  const random = createRandom(seed);
  let phase = 0;
  let noise = 0;
  return Float32Array.from({ length: sampleCount }, (_, i) => {
    const seconds = i / 16_000;
    const pitchHz = 140 + 40 * Math.sin(3 * seconds);
    phase = (phase + pitchHz / 16_000) % 1;
    noise = 0.6 * noise + 0.4 * (random.nextUnit() - 0.5);
    const loudness = Math.max(0, Math.sin(9 * seconds)) * 0.4;
    return loudness * (phase - 0.5 + 0.3 * noise) + 0.002 * noise;
  });
}

/** A worse copy of it: one-pole low-pass, scaled, with noise. */
export function worsened(samples: Float32Array, seed: string): Float32Array {
  const random = createRandom(seed);
  let smooth = 0;
  return samples.map((sample) => {
    smooth = 0.5 * smooth + 0.5 * sample;
    return 0.8 * smooth + 0.004 * (random.nextUnit() - 0.5);
  });
}
