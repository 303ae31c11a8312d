import type { AudioClip, SpeechPluginV1 } from '@speech-tokens/core';
import { encodecFamilies } from '../../src/encodec/encodec-family.ts';
import { familyComponents } from '../../src/family/codec-family.ts';
import { type Codec, loadBothSides } from '../support/codec.ts';

export { type Codec, clipOf, tinyCheckpoint } from '../support/codec.ts';

/** The families here alone, as a plugin. */
export const encodecPlugin: SpeechPluginV1 = {
  specificationVersion: 'v1',
  components: encodecFamilies.flatMap(familyComponents),
};

export function loadCodec(id: string, directory: string): Promise<Codec> {
  return loadBothSides(encodecPlugin, id, directory);
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
