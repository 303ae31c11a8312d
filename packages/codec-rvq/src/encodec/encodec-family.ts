import { readFile } from 'node:fs/promises';
import { hubFile, type ModelFile, type ResolvedModelFile } from '@speech-tokens/core';
import { openCheckpoint, weightsOf } from '@speech-tokens/onnx-graph';
import { createCausalDetokenizer } from '../causal/causal-detokenizer.ts';
import { createCausalTokenizer } from '../causal/causal-tokenizer.ts';
import type { CodecFamily } from '../family/codec-family.ts';
import { residualSpace } from '../family/residual-space.ts';
import { type EncodecKind, parseEncodecConfig } from './encodec-config.ts';
import type { EncodecModel } from './encodec-model.ts';
import { encodec24kHzSpace, encodec48kHzSpace } from './encodec-spaces.ts';
import { createRecurrentDetokenizer, createRecurrentTokenizer } from './recurrent-codec.ts';
import { createSegmentDetokenizer, createSegmentTokenizer } from './segment-codec.ts';
import { buildStreamDecoder, buildStreamEncoder, firstRunFrames } from './stream-graphs.ts';

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
const encodec24kHz: EncodecFamily = {
  id: 'rvq:encodec-24khz',
  title: 'EnCodec, 24 kHz, 75 frames/s, up to 32 codebooks',
  files: files('facebook/encodec_24khz', unstatedLicence),
  space: encodec24kHzSpace,
  tokenizerLatencySamples: 7 * 320,
  detokenizerLatencySamples: 7 * 320,
  open: (found) => openModel(found, 'causal'),
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

/** EnCodec for music, 48 kHz stereo: segments of one second, each by itself, with their loudness beside the tokens. */
const encodec48kHz: EncodecFamily = {
  id: 'rvq:encodec-48khz',
  title: 'EnCodec, 48 kHz stereo, 150 frames/s, up to 16 codebooks',
  files: files('facebook/encodec_48khz', unstatedLicence),
  space: encodec48kHzSpace,
  tokenizerLatencySamples: encodec48kHzSpace.segments.lengthSamples,
  detokenizerLatencySamples: encodec48kHzSpace.segments.strideSamples,
  open: (found) => openModel(found, 'segmented'),
  spaceOf: ({ config }) => ({ ...residualSpace(config), segments: config.segments! }),
  createTokenizer: async (model, kit) => createSegmentTokenizer(model, kit),
  createDetokenizer: (model, kit) => createSegmentDetokenizer(model, kit),
};

/**
 * EnCodec for music, 32 kHz, as MusicGen speaks it. AudioCraft, which MusicGen is a part of, gives its weights under
 * CC-BY-NC 4.0 (facebookresearch/audiocraft, LICENSE_weights); the model card of this repository names no licence.
 */
const encodec32kHz: EncodecFamily = {
  id: 'rvq:encodec-32khz',
  title: 'EnCodec of MusicGen, 32 kHz, 50 frames/s, 4 codebooks',
  files: files('facebook/encodec_32khz', 'CC-BY-NC-4.0'),
  space: residualSpace({ sampleRateHz: 32_000, hopSamples: 640, codebookCount: 4, codebookSize: 2_048 }),
  tokenizerLatencySamples: 54 * 640,
  detokenizerLatencySamples: 54 * 640,
  open: (found) => openModel(found, 'whole'),
  spaceOf: ({ config }) => residualSpace(config),
  createTokenizer: async (model, kit) => createRecurrentTokenizer(model, kit),
  createDetokenizer: (model, kit) => createRecurrentDetokenizer(model, kit),
};

/** All families of this folder. */
export const encodecFamilies: readonly EncodecFamily[] = [encodec24kHz, encodec48kHz, encodec32kHz];

async function openModel(
  { config, weights }: { readonly [name in 'config' | 'weights']: ResolvedModelFile },
  kind: EncodecKind,
): Promise<EncodecModel> {
  return {
    config: parseEncodecConfig(await readFile(config.path, 'utf8'), config.path, kind),
    checkpoint: await openCheckpoint(weights.path),
  };
}
