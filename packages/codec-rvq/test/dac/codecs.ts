import type { SpeechPluginV1 } from '@speech-tokens/core';
import { dacFamilies } from '../../src/dac/dac-family.ts';
import { familyComponents } from '../../src/family/codec-family.ts';
import { type Codec, loadBothSides } from '../support/codec.ts';

export { type Codec, clipOf, tinyCheckpoint } from '../support/codec.ts';

/** The families here alone, as a plugin. */
export const dacPlugin: SpeechPluginV1 = {
  specificationVersion: 'v1',
  components: dacFamilies.flatMap(familyComponents),
};

export const dacNames = ['dac-16khz', 'dac-24khz', 'dac-44khz'] as const;

export function loadCodec(name: string, directory: string): Promise<Codec> {
  return loadBothSides(dacPlugin, `rvq:${name}`, directory);
}
