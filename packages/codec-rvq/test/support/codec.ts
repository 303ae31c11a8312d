import { fileURLToPath } from 'node:url';
import {
  type AudioClip,
  findComponent,
  type SpeechDetokenizerV1,
  type SpeechPluginV1,
  type SpeechTokenizerV1,
} from '@speech-tokens/core';
import { modelsIn } from './local-models.ts';

/** Both sides of a codec. */
export interface Codec {
  readonly tokenizer: SpeechTokenizerV1;
  readonly detokenizer: SpeechDetokenizerV1;
  close(): Promise<void>;
}

/** The small checkpoint with random weights of a codec, for example `encodec-24khz`, and what PyTorch makes of it. */
export function tinyCheckpoint(name: string): string {
  return fileURLToPath(new URL(`../golden/${name}`, import.meta.url));
}

/** The components as users load them, from the files of a folder. */
export async function loadBothSides(
  plugin: SpeechPluginV1,
  id: string,
  directory: string,
  threadCount = 1,
): Promise<Codec> {
  const context = { models: modelsIn(directory), threadCount };
  const tokenizer = await findComponent(plugin, 'tokenizer', id).load(context);
  return codecOf(tokenizer, await findComponent(plugin, 'detokenizer', id).load(context));
}

export function codecOf(tokenizer: SpeechTokenizerV1, detokenizer: SpeechDetokenizerV1): Codec {
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
export function clipOf({ tokenizer }: Codec, samples: Float32Array): AudioClip {
  const { sampleRateHz, channelCount } = tokenizer.audioFormat;
  const length = samples.length / channelCount;
  return {
    sampleRateHz,
    channels: Array.from({ length: channelCount }, (_, i) => samples.subarray(i * length, (i + 1) * length)),
  };
}
