import { readFile } from 'node:fs/promises';
import type { DetokenizerComponent } from '@speech-tokens/core';
import { checkpointFileNames, openCheckpoint, openGraphSession, weightsOf } from '@speech-tokens/onnx-graph';
import { bundledFile } from '../bundled/bundled-file.ts';
import { unitSpaceShape } from '../units/unit-tokenizer.ts';
import { bundledUnitVocoder } from './bundled-unit-vocoder.ts';
import { createUnitVocoder, vocoderLatencySamples } from './create-unit-vocoder.ts';
import { parseUnitVocoderConfig } from './unit-vocoder-config.ts';

const clock = { sampleRateHz: 16_000, hopSamples: 320, windowSamples: 560 };
const configFile = bundledFile('unit-vocoder-50hz', 'config.json', bundledUnitVocoder.configFile);
const weightsFile = {
  ...bundledFile('unit-vocoder-50hz', 'model.safetensors', bundledUnitVocoder.weightsFile),
  checkpointNames: checkpointFileNames,
};

/**
 * The project's own vocoder for the units of its own encoder, from the weights that ship with this package; one
 * detokenizer for each set of units. A folder that tools/train/vocoder exports can stand in for them.
 */
export const unitVocoderComponents: readonly DetokenizerComponent[] = [100, 200, 500].map((unitCount) => ({
  kind: 'detokenizer',
  id: `ssl:units-50hz-k${unitCount}`,
  title: `Bundled unit vocoder, 16 kHz, ${unitCount} units, 50 frames/s`,
  models: [configFile, weightsFile],
  tokenSpace: { id: `ssl:units-50hz-k${unitCount}`, ...unitSpaceShape(clock, unitCount) },
  latencySamples: vocoderLatencySamples(bundledUnitVocoder.delayFrames, clock.hopSamples),
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
