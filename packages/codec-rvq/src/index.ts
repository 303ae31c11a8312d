import type { SpeechPluginV1 } from '@speech-tokens/core';
import { familyComponents } from './family/codec-family.ts';
import { publishedFamilies } from './published-onnx/published-families.ts';
import { speechCodecFamily } from './speech-codec/speech-codec-family.ts';

/** Residual vector quantization codecs. */
const plugin: SpeechPluginV1 = {
  specificationVersion: 'v1',
  components: [...familyComponents(speechCodecFamily), ...publishedFamilies.flatMap(familyComponents)],
};

export default plugin;
