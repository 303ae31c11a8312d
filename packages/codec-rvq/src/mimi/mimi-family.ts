import { readFile } from 'node:fs/promises';
import { hubFile } from '@speech-tokens/core';
import { type Checkpoint, openCheckpoint, type RuntimeOptions, weightsOf } from '@speech-tokens/onnx-graph';
import { createCausalDetokenizer } from '../causal/causal-detokenizer.ts';
import { createCausalTokenizer } from '../causal/causal-tokenizer.ts';
import type { CodecFamily } from '../family/codec-family.ts';
import { residualSpace } from '../family/residual-space.ts';
import { stretchFrames } from '../staged/staged-session.ts';
import { decoderStages } from './decoder-stages.ts';
import { encoderStages } from './encoder-stages.ts';
import { type MimiConfig, parseMimiConfig } from './mimi-config.ts';
import { defaultStageOptions, type StageOptions } from './stage-options.ts';

interface MimiModel {
  readonly config: MimiConfig;
  readonly checkpoint: Checkpoint;
}

const repository = 'kyutai/mimi';
const licence = 'CC-BY-4.0';
const shape = { sampleRateHz: 24_000, hopSamples: 1_920, codebookCount: 32, codebookSize: 2_048 };

/** Kyutai's Mimi, in the format of the Hugging Face hub. */
export const mimiFamily: CodecFamily<'config' | 'weights', MimiModel> = {
  id: 'rvq:mimi',
  title: 'Mimi, 24 kHz, 12.5 frames/s, 32 codebooks',
  files: {
    config: hubFile(repository, 'config.json', licence),
    weights: hubFile(repository, 'model.safetensors', licence),
  },
  space: residualSpace(shape),
  tokenizerLatencySamples: shape.hopSamples,
  detokenizerLatencySamples: shape.hopSamples,

  async open({ config, weights }) {
    return {
      config: parseMimiConfig(await readFile(config.path, 'utf8'), config.path),
      checkpoint: await openCheckpoint(weights.path),
    };
  },

  spaceOf: ({ config }) => residualSpace(config),

  async createTokenizer({ config, checkpoint }, { tokenSpace, runtime, openStages }) {
    return createCausalTokenizer({
      tokenSpace,
      hopSamples: config.hopSamples,
      lookaheadFrames: 0,
      framesPerRun: stretchFrames(defaultStageOptions.coarseFramesPerRun, runtime),
      buildEncoder: (codebookCount) =>
        encoderStages(config, weightsOf(checkpoint), codebookCount, stageOptions(runtime)),
      openGraph: (stages) => openStages(stages, checkpoint.directory),
    });
  },

  async createDetokenizer({ config, checkpoint }, { tokenSpace, runtime, openStages }) {
    const stages = decoderStages(config, weightsOf(checkpoint), stageOptions(runtime));
    return createCausalDetokenizer({
      tokenSpace,
      hopSamples: config.hopSamples,
      framesPerRun: stretchFrames(defaultStageOptions.coarseFramesPerRun, runtime),
      decoder: await openStages(stages, checkpoint.directory),
    });
  },
};

function stageOptions({ threadCount = 1 }: RuntimeOptions): StageOptions {
  return { ...defaultStageOptions, isSplit: threadCount > 1 };
}
