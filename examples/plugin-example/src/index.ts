import type { SpeechPluginV1 } from '@speech-tokens/core';
import { createBandDetokenizer } from './band-detokenizer.ts';
import { createBandTokenizer } from './band-tokenizer.ts';
import { hopSamples, tokenSpace } from './bands.ts';

// What both components have in common. A plugin with weights lists them in `models`, and asks `context.models` for
// their paths in `load`.
const common = {
  id: 'bands:mel-16',
  title: 'Loudness of 16 mel bands, 16 kHz, 50 frames/s',
  tokenSpace,
  models: [],
};

/** The default export is the plugin. Importing it does nothing: everything starts with `load`. */
const plugin: SpeechPluginV1 = {
  specificationVersion: 'v1',
  components: [
    {
      kind: 'tokenizer',
      ...common,
      latencySamples: 2 * hopSamples,
      async load({ signal }) {
        signal?.throwIfAborted();
        return createBandTokenizer();
      },
    },
    {
      kind: 'detokenizer',
      ...common,
      latencySamples: hopSamples,
      async load({ signal }) {
        signal?.throwIfAborted();
        return createBandDetokenizer();
      },
    },
  ],
};

export default plugin;
