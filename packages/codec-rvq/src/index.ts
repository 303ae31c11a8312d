import type { SpeechPluginV1 } from '@speech-tokens/core';
import { speechCodecComponents } from './speech-codec/components.ts';

/** Residual vector quantization codecs. */
const plugin: SpeechPluginV1 = {
  specificationVersion: 'v1',
  components: [...speechCodecComponents],
};

export default plugin;
