/**
 * Takes over a trained unit vocoder as the one that this package ships: checks that it loads, copies its files, and
 * writes down their hashes.
 * usage: node --conditions=@speech-tokens/source scripts/install-unit-vocoder.ts FOLDER
 */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ModelFile, ResolvedModelFile } from '@speech-tokens/core';
import { unitVocoderComponents } from '../src/unit-vocoder/unit-vocoder-components.ts';
import { delayFrames, parseUnitVocoderConfig } from '../src/unit-vocoder/unit-vocoder-config.ts';
import { describeFile } from './describe-file.ts';

const [argument] = process.argv.slice(2);
if (argument === undefined) {
  console.error('usage: install-unit-vocoder.ts FOLDER   (a folder with config.json, model.safetensors and README.md)');
  process.exit(2);
}
const folder = resolve(argument);
const target = new URL('../models/unit-vocoder-50hz/', import.meta.url);
const maximumWeightsBytes = 12_000_000;

const config = await describeFile(join(folder, 'config.json'));
const weights = await describeFile(join(folder, 'model.safetensors'));
await describeFile(join(folder, 'README.md'));
if (weights.sizeBytes > maximumWeightsBytes) {
  throw new Error(`model.safetensors has ${weights.sizeBytes} bytes; at most ${maximumWeightsBytes} are shipped`);
}
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

const golden = new URL('../test/golden/unit-vocoder-50hz/', import.meta.url);
await mkdir(target, { recursive: true });
await mkdir(golden, { recursive: true });
await cp(join(folder, 'golden.safetensors'), new URL('golden.safetensors', golden));
for (const name of ['config.json', 'model.safetensors', 'README.md']) {
  await cp(join(folder, name), new URL(name, target));
}
const fileLine = (key: string, { sha256, sizeBytes }: ResolvedModelFile): string =>
  `  ${key}: {\n    sha256: '${sha256}',\n    sizeBytes: ${sizeBytes},\n  },`;
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
