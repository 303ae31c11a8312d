import type { Component } from '@speech-tokens/core';
import { bundledSpeechCodec } from './bundled-speech-codec.ts';
import { loadSpeechDetokenizer, loadSpeechTokenizer, type SpeechCodecFiles } from './load-speech-codec.ts';
import { speechCodecId, speechCodecTokenSpace } from './token-space.ts';

const { configFile, weightsFile, ...shape } = bundledSpeechCodec;

const files: SpeechCodecFiles = {
  config: bundled('config.json', configFile),
  weights: bundled('model.safetensors', weightsFile),
};

const shared = {
  id: speechCodecId,
  title: 'Bundled speech codec, 16 kHz, 50 frames/s, 8 codebooks',
  tokenSpace: speechCodecTokenSpace(shape, { configSha256: configFile.sha256, weightsSha256: weightsFile.sha256 }),
  models: [files.config, files.weights],
};

/** The project's own codec, from the weights that ship with this package. */
export const speechCodecComponents: readonly Component[] = [
  {
    kind: 'tokenizer',
    ...shared,
    latencySamples: shape.hopSamples + shape.lookaheadSamples,
    load: (context) => loadSpeechTokenizer(files, context),
  },
  {
    kind: 'detokenizer',
    ...shared,
    latencySamples: shape.hopSamples,
    load: (context) => loadSpeechDetokenizer(files, context),
  },
];

function bundled(name: string, { sha256, sizeBytes }: { readonly sha256: string; readonly sizeBytes: number }) {
  const url = new URL(`../../models/speech-16khz/${name}`, import.meta.url).href;
  return { name, source: { type: 'bundled', url }, sha256, sizeBytes, licence: 'Apache-2.0' } as const;
}
