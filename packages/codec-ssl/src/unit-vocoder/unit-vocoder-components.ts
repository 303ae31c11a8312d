import { readFile } from 'node:fs/promises';
import type { DetokenizerComponent, ModelFile } from '@speech-tokens/core';
import { checkpointFileNames, openCheckpoint, openGraphSession, weightsOf } from '@speech-tokens/onnx-graph';
import { unitSpaceShape } from '../units/unit-tokenizer.ts';
import { createUnitVocoder, vocoderLatencySamples } from './create-unit-vocoder.ts';
import { parseUnitVocoderConfig } from './unit-vocoder-config.ts';

const clock = { sampleRateHz: 16_000, hopSamples: 320, windowSamples: 560 };
/** What the blocks of the default sizes see ahead. */
const defaultDelayFrames = 21;
const configFile = ownFile('config.json');
const weightsFile = { ...ownFile('model.safetensors'), checkpointNames: checkpointFileNames };

/**
 * The vocoder that tools/train/vocoder exports, one detokenizer for each of its sets of units. Its files are looked for in
 * the working directory, or in the folder that the host puts in its place (`--checkpoint DIR`).
 */
export const unitVocoderComponents: readonly DetokenizerComponent[] = [100, 200, 500].map((unitCount) => ({
  kind: 'detokenizer',
  id: `ssl:units-50hz-k${unitCount}`,
  title: `Unit vocoder, ${unitCount} units, 50 frames/s, from a folder of tools/train/vocoder`,
  models: [configFile, weightsFile],
  tokenSpace: { id: `ssl:units-50hz-k${unitCount}`, ...unitSpaceShape(clock, unitCount) },
  latencySamples: vocoderLatencySamples(defaultDelayFrames, clock.hopSamples),
  async load({ models, threadCount, ...options }) {
    const { path } = await models.resolve(configFile, options);
    const weights = await models.resolve(weightsFile, options);
    options.signal?.throwIfAborted();
    const checkpoint = await openCheckpoint(weights.path);
    const runtime = threadCount === undefined ? {} : { threadCount };
    return await createUnitVocoder({
      config: parseUnitVocoderConfig(await readFile(path, 'utf8'), path),
      weights: weightsOf(checkpoint),
      unitCount,
      openGraph: (graph) => openGraphSession(graph, { ...runtime, weightsDirectory: checkpoint.directory }),
    });
  },
}));

function ownFile(name: string): ModelFile {
  return { name, source: { type: 'path', path: name }, licence: 'of your own files' };
}
