import { readFile } from 'node:fs/promises';
import type { ModelFile } from '@speech-tokens/core';
import { type Checkpoint, openCheckpoint, weightsOf } from '@speech-tokens/onnx-graph';
import { createCausalDetokenizer } from '../causal/causal-detokenizer.ts';
import { createCausalTokenizer } from '../causal/causal-tokenizer.ts';
import type { CodecFamily } from '../family/codec-family.ts';
import { hubFile } from '../family/hub-file.ts';
import { residualSpace } from '../family/residual-space.ts';
import { type EncodecConfig, parseEncodecConfig } from './encodec-config.ts';
import { buildStreamDecoder, buildStreamEncoder, firstRunFrames } from './stream-graphs.ts';

interface EncodecModel {
  readonly config: EncodecConfig;
  readonly checkpoint: Checkpoint;
}

type EncodecFamily = CodecFamily<'config' | 'weights', EncodecModel>;

const files = (repository: string, licence: string): { readonly config: ModelFile; readonly weights: ModelFile } => ({
  config: hubFile(repository, 'config.json', licence),
  weights: hubFile(repository, 'model.safetensors', licence),
});

/**
 * The model cards of the 24 and 48 kHz weights name no licence. The authors' code is under the MIT licence; whether that
 * covers the weights is an open question in their repository (facebookresearch/encodec, issue 69).
 */
const unstatedLicence = 'not stated (code: MIT)';

/** EnCodec for speech and other sound, 24 kHz: causal, streams frame by frame. */
export const encodec24kHzFamily: EncodecFamily = {
  id: 'rvq:encodec-24khz',
  title: 'EnCodec, 24 kHz, 75 frames/s, up to 32 codebooks',
  files: files('facebook/encodec_24khz', unstatedLicence),
  space: residualSpace({ sampleRateHz: 24_000, hopSamples: 320, codebookCount: 32, codebookSize: 1_024 }),
  tokenizerLatencySamples: 7 * 320,
  detokenizerLatencySamples: 7 * 320,

  async open({ config, weights }) {
    return {
      config: parseEncodecConfig(await readFile(config.path, 'utf8'), config.path, 'causal'),
      checkpoint: await openCheckpoint(weights.path),
    };
  },

  spaceOf: ({ config }) => residualSpace(config),

  async createTokenizer({ config, checkpoint }, { tokenSpace, openGraph }) {
    return createCausalTokenizer({
      tokenSpace,
      hopSamples: config.hopSamples,
      lookaheadFrames: 0,
      firstRunFrames: firstRunFrames(config, 'encoder'),
      lastFrame: 'graph',
      buildEncoder: (codebookCount) => buildStreamEncoder(config, weightsOf(checkpoint), codebookCount),
      openGraph: (graph) => openGraph(graph, checkpoint.directory),
    });
  },

  async createDetokenizer({ config, checkpoint }, { tokenSpace, openGraph }) {
    return createCausalDetokenizer({
      tokenSpace,
      hopSamples: config.hopSamples,
      firstRunFrames: firstRunFrames(config, 'decoder'),
      decoder: await openGraph(buildStreamDecoder(config, weightsOf(checkpoint)), checkpoint.directory),
    });
  },
};

/** All families of this folder. */
export const encodecFamilies: readonly EncodecFamily[] = [encodec24kHzFamily];
