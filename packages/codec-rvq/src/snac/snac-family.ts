import { readFile } from 'node:fs/promises';
import { hubFile } from '@speech-tokens/core';
import { type Checkpoint, openCheckpoint, weightsOf } from '@speech-tokens/onnx-graph';
import type { CodecFamily, SpaceShape } from '../family/codec-family.ts';
import { windowLatencySamples } from '../windowed/window-layout.ts';
import { createWindowedDetokenizer } from '../windowed/windowed-detokenizer.ts';
import { createWindowedTokenizer } from '../windowed/windowed-tokenizer.ts';
import { decoderLayout, encoderLayout } from './contexts.ts';
import { buildDecoderGraph } from './decoder-graph.ts';
import { buildEncoderGraph } from './encoder-graph.ts';
import { noiseInputs } from './noise/noise-inputs.ts';
import { blockPositions, parseSnacConfig, type SnacConfig } from './snac-config.ts';

interface SnacModel {
  readonly config: SnacConfig;
  readonly checkpoint: Checkpoint;
}

type SnacFamily = CodecFamily<'config' | 'weights', SnacModel>;

/**
 * Latent positions that one run settles. Longer windows spend less on what they see beside their core; shorter ones keep
 * layers in the processor's cache, and are the steps at which a call can be aborted and a stream gives something.
 */
const encoderWindowPositions = 256;
const decoderWindowPositions = 64;

const shared = { codebookSize: 4096, codebookWidth: 8, hasNoise: true, isDepthwise: true };
const music = {
  ...shared,
  hopSamples: 384,
  encoder: { channels: 64, rates: [2, 3, 8, 8] },
  decoder: { channels: 1536, rates: [8, 8, 3, 2] },
  latentWidth: 1024,
  attentionWindow: 32,
  codebookStrides: [8, 4, 2, 1],
};

/** SNAC (Siuzdak, 2024), a residual quantizer whose codebooks run at several rates. Weights: MIT. */
export const snacFamilies: readonly SnacFamily[] = [
  snacFamily('rvq:snac-24khz', 'SNAC, 24 kHz, for speech, 3 codebooks of 12, 23 and 47 frames/s', {
    ...shared,
    sampleRateHz: 24_000,
    hopSamples: 512,
    encoder: { channels: 48, rates: [2, 4, 8, 8] },
    decoder: { channels: 1024, rates: [8, 8, 4, 2] },
    latentWidth: 768,
    codebookStrides: [4, 2, 1],
  }),
  snacFamily('rvq:snac-32khz', 'SNAC, 32 kHz, for music, 4 codebooks of 10 to 83 frames/s', {
    ...music,
    sampleRateHz: 32_000,
  }),
  snacFamily('rvq:snac-44khz', 'SNAC, 44.1 kHz, for music, 4 codebooks of 14 to 115 frames/s', {
    ...music,
    sampleRateHz: 44_100,
  }),
];

/** @param published the configuration of the checkpoint on the hub */
function snacFamily(id: string, title: string, published: SnacConfig): SnacFamily {
  const repository = `hubertsiuzdak/${id.slice('rvq:'.length).replace('-', '_')}`;
  return {
    id,
    title,
    files: {
      config: hubFile(repository, 'config.json', 'MIT'),
      weights: hubFile(repository, 'pytorch_model.bin', 'MIT'),
    },
    space: snacSpace(published),
    tokenizerLatencySamples: windowLatencySamples(encoderLayout(published, encoderWindowPositions)),
    detokenizerLatencySamples: windowLatencySamples(decoderLayout(published, decoderWindowPositions)),

    async open({ config, weights }) {
      return {
        config: parseSnacConfig(await readFile(config.path, 'utf8'), config.path),
        checkpoint: await openCheckpoint(weights.path),
      };
    },

    spaceOf: ({ config }) => snacSpace(config),

    async createTokenizer({ config, checkpoint }, { tokenSpace, openGraph }) {
      const layout = encoderLayout(config, encoderWindowPositions);
      return createWindowedTokenizer({
        tokenSpace,
        layout,
        buildEncoder: (codebookCount) => buildEncoderGraph(config, weightsOf(checkpoint), { layout, codebookCount }),
        openGraph: (graph) => openGraph(graph, checkpoint.directory),
      });
    },

    async createDetokenizer({ config, checkpoint }, { tokenSpace, openReplicas }) {
      const layout = decoderLayout(config, decoderWindowPositions);
      return createWindowedDetokenizer({
        tokenSpace,
        layout,
        decoder: buildDecoderGraph(config, weightsOf(checkpoint), layout),
        openReplicas: (graph) => openReplicas(graph, checkpoint.directory),
        conditioningOf: (conditioning) => noiseInputs(config, conditioning),
      });
    },
  };
}

/** Codebooks coarse first, each with its own hop. */
function snacSpace(config: SnacConfig): SpaceShape {
  const { sampleRateHz, hopSamples, codebookSize, codebookStrides } = config;
  const block = blockPositions(config);
  return {
    sampleRateHz,
    codebooks: codebookStrides.map((stride, k) => ({
      name: `codebook-${k}`,
      size: codebookSize,
      hopSamples: hopSamples * stride,
    })),
    ...(block === codebookStrides[0] ? {} : { blockSamples: block * hopSamples }),
    prefixDecodable: true,
  };
}
