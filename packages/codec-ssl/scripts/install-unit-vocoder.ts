/**
 * Takes over a trained unit vocoder as the one that this package ships: checks that it loads, copies its files, and
 * writes down their hashes.
 * usage: node --conditions=@speech-tokens/source scripts/install-unit-vocoder.ts FOLDER
 */
import { readFile, writeFile } from 'node:fs/promises';
import type { ModelFile } from '@speech-tokens/core';
import {
  copyGolden,
  copyModel,
  fileLine,
  folderArgument,
  readTrainedModel,
} from '../../../tools/train/trained-model.ts';
import { unitVocoderComponents } from '../src/unit-vocoder/unit-vocoder-components.ts';
import { delayFrames, parseUnitVocoderConfig } from '../src/unit-vocoder/unit-vocoder-config.ts';

const folder = folderArgument('a folder with config.json, model.safetensors and README.md');
const target = new URL('../models/unit-vocoder-50hz/', import.meta.url);
const { config, weights } = await readTrainedModel(folder, 12_000_000);
const vocoder = parseUnitVocoderConfig(await readFile(config.path, 'utf8'), config.path);

// It must run before it replaces what runs today.
const models = { resolve: async ({ name }: ModelFile) => (name === 'config.json' ? config : weights) };
for (const component of unitVocoderComponents) {
  const detokenizer = await component.load({ models });
  const { tokenSpace } = detokenizer;
  const ids = Uint32Array.from({ length: 100 }, (_, frame) => frame % tokenSpace.codebooks[0]!.size);
  const grid = { tokenSpace, startSample: 0, sampleCount: 100 * vocoder.hopSamples, tracks: [{ ids }] };
  const { channels } = await detokenizer.detokenize(grid);
  if (!channels[0]!.every(Number.isFinite)) throw new Error(`${component.id} gives values that are not finite`);
  await detokenizer.close();
}

await copyModel(folder, target, ['config.json', 'model.safetensors', 'README.md']);
await copyGolden(folder, new URL('../test/golden/unit-vocoder-50hz/golden.safetensors', import.meta.url));
await writeFile(
  new URL('../src/unit-vocoder/bundled-unit-vocoder.ts', import.meta.url),
  `/** What ships in models/unit-vocoder-50hz. Written by scripts/install-unit-vocoder.ts: do not edit. */
export const bundledUnitVocoder = {
  delayFrames: ${delayFrames(vocoder)},
${fileLine('configFile', config)}
${fileLine('weightsFile', weights)}
} as const;
`,
);
console.log(
  `Installed ${vocoder.units.length} sets of units, ${vocoder.voices.length} voices (${weights.sizeBytes} bytes).`,
);
