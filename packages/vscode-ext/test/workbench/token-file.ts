import { readAudioClip } from '@speech-tokens/audio-files';
import codec from '@speech-tokens/codec-rvq';
import { findComponent } from '@speech-tokens/core';
import { createModelStore, writeTokenFile } from '@speech-tokens/core/node';

/** Tokens of a recording by the bundled codec, as a file. */
export async function writeTokenFileOf(recording: string, path: string): Promise<void> {
  const component = findComponent(codec, 'tokenizer', 'rvq:speech-16khz');
  const tokenizer = await component.load({ models: createModelStore({ offline: true }) });
  try {
    const clip = await readAudioClip(recording, { format: tokenizer.audioFormat });
    const grid = await tokenizer.tokenize(clip);
    await writeTokenFile(path, [grid], { tokenSpace: grid.tokenSpace });
  } finally {
    await tokenizer.close();
  }
}
