import { readFile } from 'node:fs/promises';
import type { LoadContext, ModelFile, SpeechDetokenizerV1, SpeechTokenizerV1, TokenSpace } from '@speech-tokens/core';
import {
  type BuiltGraph,
  openGraphSession,
  openSafetensorsCheckpoint,
  type WeightScope,
  weightsOf,
} from '@speech-tokens/onnx-graph';
import { createCausalDetokenizer } from '../causal/causal-detokenizer.ts';
import { createCausalTokenizer } from '../causal/causal-tokenizer.ts';
import { buildDecoderGraph } from './decoder-graph.ts';
import { buildEncoderGraph } from './encoder-graph.ts';
import { parseSpeechCodecConfig, type SpeechCodecConfig } from './speech-codec-config.ts';
import { speechCodecTokenSpace } from './token-space.ts';

/** The files of a checkpoint of this family. */
export interface SpeechCodecFiles {
  readonly config: ModelFile;
  readonly weights: ModelFile;
}

export async function loadSpeechTokenizer(files: SpeechCodecFiles, context: LoadContext): Promise<SpeechTokenizerV1> {
  const { config, tokenSpace, openGraph } = await openCheckpoint(files, context);
  const session = await openGraph(buildEncoderGraph);
  return createCausalTokenizer({
    tokenSpace,
    hopSamples: config.hopSamples,
    lookaheadFrames: config.lookaheadSamples / config.hopSamples,
    encoder: {
      createState: () => session.createState(),
      async encode(samples, state) {
        const { codes } = await session.run({ samples: { values: samples, shape: [samples.length] } }, state);
        return codes as Int32Array;
      },
    },
    release: () => session.close(),
  });
}

export async function loadSpeechDetokenizer(
  files: SpeechCodecFiles,
  context: LoadContext,
): Promise<SpeechDetokenizerV1> {
  const { config, tokenSpace, openGraph } = await openCheckpoint(files, context);
  const session = await openGraph(buildDecoderGraph);
  return createCausalDetokenizer({
    tokenSpace,
    hopSamples: config.hopSamples,
    decoder: {
      createState: () => session.createState(),
      async decode(codes, state) {
        const shape = [codes.length / config.codebookCount, config.codebookCount];
        const { samples } = await session.run({ codes: { values: codes, shape } }, state);
        return samples as Float32Array;
      },
    },
    release: () => session.close(),
  });
}

async function openCheckpoint(files: SpeechCodecFiles, context: LoadContext) {
  const { models, threadCount, ...options } = context;
  const configFile = await models.resolve(files.config, options);
  const weightsFile = await models.resolve(files.weights, options);
  const config = parseSpeechCodecConfig(await readFile(configFile.path, 'utf8'), configFile.path);
  const checkpoint = await openSafetensorsCheckpoint(weightsFile.path);
  const tokenSpace: TokenSpace = speechCodecTokenSpace(config, {
    configSha256: configFile.sha256,
    weightsSha256: weightsFile.sha256,
  });
  return {
    config,
    tokenSpace,
    openGraph: (build: (config: SpeechCodecConfig, weights: WeightScope) => BuiltGraph) =>
      openGraphSession(build(config, weightsOf(checkpoint)), {
        weightsDirectory: checkpoint.directory,
        ...(threadCount === undefined ? {} : { threadCount }),
      }),
  };
}
