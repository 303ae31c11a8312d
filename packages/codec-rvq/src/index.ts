import type { SpeechPluginV1 } from '@speech-tokens/core';
import { dacFamilies } from './dac/dac-family.ts';
import { encodecFamilies } from './encodec/encodec-family.ts';
import { familyComponents } from './family/codec-family.ts';
import { lyraFamily } from './lyra/lyra-family.ts';
import { mimiFamily } from './mimi/mimi-family.ts';
import { publishedFamilies } from './published-onnx/published-families.ts';
import { snacFamilies } from './snac/snac-family.ts';
import { speechCodecFamily } from './speech-codec/speech-codec-family.ts';

/** Residual vector quantization codecs. */
const plugin: SpeechPluginV1 = {
  specificationVersion: 'v1',
  components: [
    ...familyComponents(speechCodecFamily),
    ...encodecFamilies.flatMap(familyComponents),
    ...familyComponents(mimiFamily),
    ...familyComponents(lyraFamily),
    ...snacFamilies.flatMap(familyComponents),
    ...dacFamilies.flatMap(familyComponents),
    ...publishedFamilies.flatMap(familyComponents),
  ],
};

export default plugin;
