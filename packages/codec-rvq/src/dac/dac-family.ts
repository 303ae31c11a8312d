import { readFile } from 'node:fs/promises';
import { hubFile } from '@speech-tokens/core';
import { type Checkpoint, openCheckpoint, weightsOf } from '@speech-tokens/onnx-graph';
import type { CodecFamily } from '../family/codec-family.ts';
import { residualSpace } from '../family/residual-space.ts';
import { windowLatencySamples } from '../windowed/window-layout.ts';
import { createWindowedDetokenizer } from '../windowed/windowed-detokenizer.ts';
import { createWindowedTokenizer } from '../windowed/windowed-tokenizer.ts';
import { type DacConfig, parseDacConfig } from './dac-config.ts';
import { decoderWindows, encoderWindows } from './dac-windows.ts';
import { buildDacDecoder } from './decoder-graph.ts';
import { buildDacEncoder } from './encoder-graph.ts';

interface DacModel {
  readonly config: DacConfig;
  readonly checkpoint: Checkpoint;
}

type DacFamily = CodecFamily<'config' | 'weights', DacModel>;

/** What the published checkpoints have in common. */
const published = {
  encoderChannels: 64,
  latentWidth: 1024,
  decoderChannels: 1536,
  codebookSize: 1024,
  codeWidth: 8,
} as const;

/** Descript's codec for 16 kHz speech. */
const dac16kHzFamily: DacFamily = dacFamily('descript/dac_16khz', 'rvq:dac-16khz', '16 kHz, 50 frames/s', {
  ...published,
  sampleRateHz: 16_000,
  strides: [2, 4, 5, 8],
  hopSamples: 320,
  codebookCount: 12,
});

/** Descript's codec for 24 kHz sound. */
const dac24kHzFamily: DacFamily = dacFamily('descript/dac_24khz', 'rvq:dac-24khz', '24 kHz, 75 frames/s', {
  ...published,
  sampleRateHz: 24_000,
  strides: [2, 4, 5, 8],
  hopSamples: 320,
  codebookCount: 32,
});

/** Descript's codec for 44.1 kHz sound. */
const dac44kHzFamily: DacFamily = dacFamily('descript/dac_44khz', 'rvq:dac-44khz', '44.1 kHz, 86 frames/s', {
  ...published,
  sampleRateHz: 44_100,
  strides: [2, 4, 8, 8],
  hopSamples: 512,
  codebookCount: 9,
});

export const dacFamilies: readonly DacFamily[] = [dac16kHzFamily, dac24kHzFamily, dac44kHzFamily];

function dacFamily(repository: string, id: string, rates: string, shape: DacConfig): DacFamily {
  return {
    id,
    title: `DAC, ${rates}, ${shape.codebookCount} codebooks`,
    files: {
      config: hubFile(repository, 'config.json', 'MIT'),
      weights: hubFile(repository, 'model.safetensors', 'MIT'),
    },
    space: residualSpace(shape),
    tokenizerLatencySamples: windowLatencySamples(encoderWindows(shape)),
    detokenizerLatencySamples: windowLatencySamples(decoderWindows(shape)),

    async open({ config, weights }) {
      return {
        config: parseDacConfig(await readFile(config.path, 'utf8'), config.path),
        checkpoint: await openCheckpoint(weights.path),
      };
    },

    spaceOf: ({ config }) => residualSpace(config),

    async createTokenizer({ config, checkpoint }, { tokenSpace, openGraph }) {
      return createWindowedTokenizer({
        tokenSpace,
        layout: encoderWindows(config),
        buildEncoder: (codebookCount) => buildDacEncoder(config, weightsOf(checkpoint), codebookCount),
        openGraph: (graph) => openGraph(graph, checkpoint.directory),
      });
    },

    async createDetokenizer({ config, checkpoint }, { tokenSpace, openReplicas }) {
      return createWindowedDetokenizer({
        tokenSpace,
        layout: decoderWindows(config),
        decoder: buildDacDecoder(config, weightsOf(checkpoint)),
        openReplicas: (graph) => openReplicas(graph, checkpoint.directory),
      });
    },
  };
}
