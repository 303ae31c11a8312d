import { fileURLToPath } from 'node:url';
import type { AudioClip, SpeechDetokenizerV1, SpeechPluginV1, SpeechTokenizerV1 } from '@speech-tokens/core';
import { findComponent } from '@speech-tokens/core';
import { encodecFamilies } from '../../src/encodec/encodec-family.ts';
import { familyComponents } from '../../src/family/codec-family.ts';
import { modelsIn } from '../support/local-models.ts';

/** The families here alone, as a plugin. */
export const encodecPlugin: SpeechPluginV1 = {
  specificationVersion: 'v1',
  components: encodecFamilies.flatMap(familyComponents),
};

/** The small checkpoint with random weights of a family, for example `encodec-24khz`, and what PyTorch makes of it. */
export function tinyCheckpoint(name: string): string {
  return fileURLToPath(new URL(`../golden/${name}`, import.meta.url));
}

export interface Codec {
  readonly tokenizer: SpeechTokenizerV1;
  readonly detokenizer: SpeechDetokenizerV1;
  close(): Promise<void>;
}

export async function loadCodec(id: string, directory: string): Promise<Codec> {
  const context = { models: modelsIn(directory) };
  const tokenizer = await findComponent(encodecPlugin, 'tokenizer', id).load(context);
  const detokenizer = await findComponent(encodecPlugin, 'detokenizer', id).load(context);
  return {
    tokenizer,
    detokenizer,
    async close() {
      await tokenizer.close();
      await detokenizer.close();
    },
  };
}

/** Samples `[channels, n]` as a clip. */
export function clipOf(codec: Codec, samples: Float32Array): AudioClip {
  const { sampleRateHz, channelCount } = codec.tokenizer.audioFormat;
  const length = samples.length / channelCount;
  return {
    sampleRateHz,
    channels: Array.from({ length: channelCount }, (_, i) => samples.subarray(i * length, (i + 1) * length)),
  };
}

/** The channels one after the other. */
export function flatSamples({ channels }: AudioClip): Float32Array {
  const all = new Float32Array(channels.reduce((sum, channel) => sum + channel.length, 0));
  let at = 0;
  for (const channel of channels) {
    all.set(channel, at);
    at += channel.length;
  }
  return all;
}
