import { readFile } from 'node:fs/promises';
import type { DetokenizerComponent, ModelFile } from '@speech-tokens/core';
import { checkpointFileNames, openCheckpoint, openGraphSession, weightsOf } from '@speech-tokens/onnx-graph';
import { unitSpaceShape } from '../units/unit-tokenizer.ts';
import { bundledUnitVocoder } from './bundled-unit-vocoder.ts';
import { createUnitVocoder, vocoderLatencySamples } from './create-unit-vocoder.ts';
import { parseUnitVocoderConfig } from './unit-vocoder-config.ts';

const clock = { sampleRateHz: 16_000, hopSamples: 320, windowSamples: 560 };
const configFile = bundled('config.json', bundledUnitVocoder.configFile);
const weightsFile = {
  ...bundled('model.safetensors', bundledUnitVocoder.weightsFile),
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

function bundled(
  name: string,
  { sha256, sizeBytes }: { readonly sha256: string; readonly sizeBytes: number },
): ModelFile {
  const url = new URL(`../../models/unit-vocoder-50hz/${name}`, import.meta.url).href;
  return { name, source: { type: 'bundled', url }, sha256, sizeBytes, licence: 'Apache-2.0' };
}
