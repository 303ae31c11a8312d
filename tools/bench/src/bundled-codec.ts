import plugin from '@speech-tokens/codec-rvq';
import { findComponent, type SpeechDetokenizerV1, type SpeechTokenizerV1 } from '@speech-tokens/core';
import { createModelStore } from '@speech-tokens/core/node';

export const codecId = 'rvq:speech-16khz';

/** The bundled codec, both sides. */
export async function loadBundledCodec(threadCount: number): Promise<{
  readonly tokenizer: SpeechTokenizerV1;
  readonly detokenizer: SpeechDetokenizerV1;
}> {
  const context = { models: createModelStore(), threadCount };
  return {
    tokenizer: await findComponent(plugin, 'tokenizer', codecId).load(context),
    detokenizer: await findComponent(plugin, 'detokenizer', codecId).load(context),
  };
}

/** Noise and tones at 16 kHz: what the numbers are does not matter to the clock. */
export function syntheticSamples(seconds: number): Float32Array {
  const samples = new Float32Array(Math.round(seconds * 16_000));
  for (let n = 0; n < samples.length; n++) {
    samples[n] = 0.2 * Math.sin(n * 0.05 * (1 + 0.3 * Math.sin(n / 9_000))) + 0.02 * Math.sin(n * n * 0.001);
  }
  return samples;
}
