import type { SpeechPluginV1 } from '@speech-tokens/core';
import { familyComponents } from './family/codec-family.ts';
import { speechCodecFamily } from './speech-codec/speech-codec-family.ts';

/** Residual vector quantization codecs. */
const plugin: SpeechPluginV1 = {
  specificationVersion: 'v1',
  components: [...familyComponents(speechCodecFamily)],
};

export default plugin;
