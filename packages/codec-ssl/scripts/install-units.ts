/**
 * Takes over a trained encoder and its centroids as the units that this package ships: checks that they run, copies the
 * files, and writes down their hashes.
 * usage: node --conditions=@speech-tokens/source scripts/install-units.ts FOLDER
 */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ResolvedModelFile } from '@speech-tokens/core';
import { configName, preprocessorName } from '../src/network/encoder-directory.ts';
import { openNetwork } from '../src/network/open-network.ts';
import { bundledCentroidsName } from '../src/units/bundled-units.ts';
import { loadUnits } from '../src/units/load-units.ts';
import { describeFile } from './describe-file.ts';

const [argument] = process.argv.slice(2);
if (argument === undefined) {
  console.error('usage: install-units.ts FOLDER   (a folder that tools/train/units exported, with README.md)');
  process.exit(2);
}
const folder = resolve(argument);
const target = new URL('../models/units-50hz/', import.meta.url);
const golden = new URL('../test/golden/units-50hz/', import.meta.url);
const unitCounts = [100, 200, 500];
const maximumBytes = 20_000_000;

const config = await describeFile(join(folder, configName));
const preprocessor = await describeFile(join(folder, preprocessorName));
const weights = await describeFile(join(folder, 'model.safetensors'));
const { network } = await openNetwork({
  configPath: config.path,
  preprocessorPath: preprocessor.path,
  weightsPath: weights.path,
});
const { hopSamples, windowSamples, sampleRateHz } = network.clock;
const layer = network.layerCount;

// They must run before they replace what runs today.
const tone = Float32Array.from(
  { length: sampleRateHz },
  (_, n) => 0.3 * Math.sin((2 * Math.PI * 220 * n) / sampleRateHz),
);
const centroids: (ResolvedModelFile & { readonly unitCount: number })[] = [];
for (const unitCount of unitCounts) {
  const file = await describeFile(join(folder, bundledCentroidsName(unitCount)));
  const units = { config, preprocessor, weights, centroids: file };
  const tokenizer = await loadUnits(units, { id: `ssl:units-50hz-k${unitCount}`, layer }, {});
  const size = tokenizer.tokenSpace.codebooks[0]!.size;
  if (size !== unitCount) throw new Error(`${file.path} holds ${size} centroids`);
  await tokenizer.tokenize({ sampleRateHz, channels: [tone] });
  await tokenizer.close();
  centroids.push({ unitCount, ...file });
}
const totalBytes = [weights, ...centroids].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
if (totalBytes > maximumBytes) {
  throw new Error(`Weights and centroids have ${totalBytes} bytes; at most ${maximumBytes} are shipped`);
}

await mkdir(target, { recursive: true });
await mkdir(golden, { recursive: true });
const names = [configName, preprocessorName, 'model.safetensors', 'README.md', ...unitCounts.map(bundledCentroidsName)];
for (const name of names) await cp(join(folder, name), new URL(name, target));
await cp(join(folder, 'golden.safetensors'), new URL('reference.safetensors', golden));

const fields = ({ sha256, sizeBytes }: ResolvedModelFile): string =>
  `sha256: '${sha256}',\n      sizeBytes: ${sizeBytes},`;
const fileLines = Object.entries({ config, preprocessor, weights }).map(
  ([key, file]) => `    ${key}: {\n      ${fields(file)}\n    },`,
);
const centroidLines = centroids.map(
  ({ unitCount, ...file }) => `    {\n      unitCount: ${unitCount},\n      ${fields(file)}\n    },`,
);
await writeFile(
  new URL('../src/units/bundled-encoder.ts', import.meta.url),
  `/** What ships in models/units-50hz. Written by scripts/install-units.ts: do not edit. */
export const bundledEncoder = {
  layer: ${layer},
  hopSamples: ${hopSamples},
  windowSamples: ${windowSamples},
  files: {
${fileLines.join('\n')}
  },
  centroids: [
${centroidLines.join('\n')}
  ],
} as const;
`,
);
console.log(`Installed ${network.name} of ${layer} layers with ${unitCounts.join(', ')} units (${totalBytes} bytes).`);
