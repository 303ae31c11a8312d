import { readFile } from 'node:fs/promises';
import type { ModelFile } from '@speech-tokens/core';
import { type Checkpoint, openCheckpoint, weightsOf } from '@speech-tokens/onnx-graph';
import { createCausalDetokenizer } from '../causal/causal-detokenizer.ts';
import { createCausalTokenizer } from '../causal/causal-tokenizer.ts';
import type { CodecFamily } from '../family/codec-family.ts';
import { residualSpace } from '../family/residual-space.ts';
import { bundledSpeechCodec } from './bundled-speech-codec.ts';
import { buildDecoderGraph } from './decoder-graph.ts';
import { buildEncoderGraph } from './encoder-graph.ts';
import { parseSpeechCodecConfig, type SpeechCodecConfig } from './speech-codec-config.ts';

interface SpeechCodecModel {
  readonly config: SpeechCodecConfig;
  readonly checkpoint: Checkpoint;
}

const { configFile, weightsFile, decoderLookaheadSamples, ...shape } = bundledSpeechCodec;

/** The project's own codec, from the weights that ship with this package. */
export const speechCodecFamily: CodecFamily<'config' | 'weights', SpeechCodecModel> = {
  id: 'rvq:speech-16khz',
  title: 'Bundled speech codec, 16 kHz, 50 frames/s, 8 codebooks',
  files: { config: bundled('config.json', configFile), weights: bundled('model.safetensors', weightsFile) },
  space: residualSpace(shape),
  tokenizerLatencySamples: shape.hopSamples + shape.lookaheadSamples,
  detokenizerLatencySamples: shape.hopSamples + decoderLookaheadSamples,

  async open({ config, weights }) {
    return {
      config: parseSpeechCodecConfig(await readFile(config.path, 'utf8'), config.path),
      checkpoint: await openCheckpoint(weights.path),
    };
  },

  spaceOf: ({ config }) => residualSpace(config),

  async createTokenizer({ config, checkpoint }, { tokenSpace, openGraph }) {
    return createCausalTokenizer({
      tokenSpace,
      hopSamples: config.hopSamples,
      lookaheadFrames: config.lookaheadSamples / config.hopSamples,
      buildEncoder: (codebookCount) => buildEncoderGraph(config, weightsOf(checkpoint), codebookCount),
      openGraph: (graph) => openGraph(graph, checkpoint.directory),
    });
  },

  async createDetokenizer({ config, checkpoint }, { tokenSpace, openGraph }) {
    return createCausalDetokenizer({
      tokenSpace,
      hopSamples: config.hopSamples,
      delayFrames: config.decoder.lookaheadFrames,
      takesNoise: true,
      decoder: await openGraph(buildDecoderGraph(config, weightsOf(checkpoint)), checkpoint.directory),
    });
  },
};

function bundled(
  name: string,
  { sha256, sizeBytes }: { readonly sha256: string; readonly sizeBytes: number },
): ModelFile {
  const url = new URL(`../../models/speech-16khz/${name}`, import.meta.url).href;
  return { name, source: { type: 'bundled', url }, sha256, sizeBytes, licence: 'Apache-2.0' };
}
