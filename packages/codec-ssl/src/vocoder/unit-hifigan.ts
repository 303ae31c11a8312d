import type { DetokenizerComponent, ModelFile } from '@speech-tokens/core';
import { openGraphSession } from '@speech-tokens/onnx-graph';
import { unitSpaceShape } from '../units/unit-tokenizer.ts';
import { openVocoder } from './open-vocoder.ts';
import { createUnitDetokenizer } from './unit-detokenizer.ts';

const vocoderFile: ModelFile = {
  name: 'vocoder.json',
  source: { type: 'path', path: 'vocoder.json' },
  licence: 'of your own files',
};

/**
 * The unit HiFi-GAN of a folder of one's own: `vocoder.json` names the units that it was made for. It is looked for in the
 * working directory, or in the folder that the host puts in its place (`--checkpoint DIR`).
 */
export const unitHifiGan: DetokenizerComponent = {
  kind: 'detokenizer',
  id: 'ssl:unit-hifigan',
  title: 'Unit HiFi-GAN (CodeHiFiGAN), from a folder with vocoder.json',
  models: [vocoderFile],
  // What is there before a folder is known: units of a folder, of whatever encoder.
  tokenSpace: {
    id: 'ssl:units',
    ...unitSpaceShape({ sampleRateHz: 16_000, hopSamples: 320, windowSamples: 400 }, 65_536),
  },
  latencySamples: 86 * 320,
  async load({ models, threadCount, ...options }) {
    const { path } = await models.resolve(vocoderFile, options);
    const vocoder = await openVocoder(path);
    options.signal?.throwIfAborted();
    const { weightsDirectory } = vocoder;
    const runtime = threadCount === undefined ? {} : { threadCount };
    return await createUnitDetokenizer(vocoder, (graph) => openGraphSession(graph, { ...runtime, weightsDirectory }));
  },
};
