import { fileURLToPath } from 'node:url';
import {
  findComponent,
  type SpeechDetokenizerV1,
  type SpeechPluginV1,
  type SpeechTokenizerV1,
} from '@speech-tokens/core';
import { familyComponents } from '../../src/family/codec-family.ts';
import { mimiFamily } from '../../src/mimi/mimi-family.ts';
import { modelsIn } from '../support/local-models.ts';

/** The family alone, as a plugin. */
export const mimiPlugin: SpeechPluginV1 = { specificationVersion: 'v1', components: familyComponents(mimiFamily) };

/**
 * A small checkpoint with random weights, made by tools/reference: frames of 48 samples, 6 codebooks of 64, a window of 10
 * positions.
 */
export const tinyCheckpoint: string = fileURLToPath(new URL('../golden/mimi', import.meta.url));

export interface Codec {
  readonly tokenizer: SpeechTokenizerV1;
  readonly detokenizer: SpeechDetokenizerV1;
  close(): Promise<void>;
}

export async function loadCodec(directory: string): Promise<Codec> {
  const context = { models: modelsIn(directory) };
  const tokenizer = await findComponent(mimiPlugin, 'tokenizer', 'rvq:mimi').load(context);
  const detokenizer = await findComponent(mimiPlugin, 'detokenizer', 'rvq:mimi').load(context);
  return {
    tokenizer,
    detokenizer,
    async close() {
      await tokenizer.close();
      await detokenizer.close();
    },
  };
}
