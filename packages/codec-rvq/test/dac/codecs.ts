import { fileURLToPath } from 'node:url';
import type { AudioClip, SpeechDetokenizerV1, SpeechPluginV1, SpeechTokenizerV1 } from '@speech-tokens/core';
import { findComponent } from '@speech-tokens/core';
import { dacFamilies } from '../../src/dac/dac-family.ts';
import { familyComponents } from '../../src/family/codec-family.ts';
import { modelsIn } from '../support/local-models.ts';

/** The families here alone, as a plugin. */
export const dacPlugin: SpeechPluginV1 = {
  specificationVersion: 'v1',
  components: dacFamilies.flatMap(familyComponents),
};

export const dacNames = ['dac-16khz', 'dac-24khz', 'dac-44khz'] as const;

/** The small checkpoint with random weights of a family, and what PyTorch makes of it. */
export function tinyCheckpoint(name: string): string {
  return fileURLToPath(new URL(`../golden/${name}`, import.meta.url));
}

export interface Codec {
  readonly tokenizer: SpeechTokenizerV1;
  readonly detokenizer: SpeechDetokenizerV1;
  close(): Promise<void>;
}

export async function loadCodec(name: string, directory: string): Promise<Codec> {
  const context = { models: modelsIn(directory) };
  const tokenizer = await findComponent(dacPlugin, 'tokenizer', `rvq:${name}`).load(context);
  const detokenizer = await findComponent(dacPlugin, 'detokenizer', `rvq:${name}`).load(context);
  return {
    tokenizer,
    detokenizer,
    async close() {
      await tokenizer.close();
      await detokenizer.close();
    },
  };
}

export function clipOf({ tokenizer }: Codec, samples: Float32Array): AudioClip {
  return { sampleRateHz: tokenizer.audioFormat.sampleRateHz, channels: [samples] };
}
