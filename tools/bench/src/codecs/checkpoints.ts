import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import plugin from '@speech-tokens/codec-rvq';
import { findComponent, type SpeechDetokenizerV1, type SpeechTokenizerV1 } from '@speech-tokens/core';
import { createModelStore, withCheckpointDirectory } from '@speech-tokens/core/node';

/** A checkpoint made by tools/reference: the folder `NAME` holds one of the family `rvq:NAME`. */
export interface CodecCheckpoint {
  readonly name: string;
  readonly folder: string;
  load(
    threadCount: number,
  ): Promise<{ readonly tokenizer: SpeechTokenizerV1; readonly detokenizer: SpeechDetokenizerV1 }>;
}

/** @param only names to keep; all that the folder and the plugin have where it is empty */
export async function findCheckpoints(folder: string, only: readonly string[]): Promise<readonly CodecCheckpoint[]> {
  const ids = new Set(plugin.components.map(({ id }) => id));
  const names = (await readdir(folder)).filter((name) => ids.has(`rvq:${name}`)).sort();
  const missing = only.filter((name) => !names.includes(name));
  if (names.length === 0 || missing.length > 0) {
    throw new Error(
      `${folder} has the checkpoints ${names.join(', ') || 'of no codec'}; missing: ${missing.join(', ')}`,
    );
  }
  return names
    .filter((name) => only.length === 0 || only.includes(name))
    .map((name) => ({
      name,
      folder: join(folder, name),
      async load(threadCount) {
        const tokenizer = findComponent(plugin, 'tokenizer', `rvq:${name}`);
        const detokenizer = findComponent(plugin, 'detokenizer', `rvq:${name}`);
        const models = withCheckpointDirectory(createModelStore(), join(folder, name), tokenizer.models);
        return {
          tokenizer: await tokenizer.load({ models, threadCount }),
          detokenizer: await detokenizer.load({ models, threadCount }),
        };
      },
    }));
}

/** Gliding harmonics and noise: what the numbers are does not matter to the clock. Planar. */
export function syntheticChannels(seconds: number, sampleRateHz: number, channelCount: number): Float32Array[] {
  return Array.from({ length: channelCount }, (_, channel) => {
    const samples = new Float32Array(Math.round(seconds * sampleRateHz));
    for (let n = 0; n < samples.length; n++) {
      const t = n / sampleRateHz;
      const voice = Math.sin(900 * t * (1 + 0.3 * Math.sin(2 * t)) + channel) + 0.3 * Math.sin(5_200 * t);
      samples[n] = 0.2 * voice * (0.6 + 0.4 * Math.sin(9 * t)) + 0.02 * Math.sin(n * n * 0.001);
    }
    return samples;
  });
}
