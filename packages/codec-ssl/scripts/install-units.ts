/**
 * Takes over a trained encoder and its centroids as the units that this package ships: checks that they run, copies the
 * files, and writes down their hashes.
 * usage: node --conditions=@speech-tokens/source scripts/install-units.ts FOLDER
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  copyGolden,
  copyModel,
  describeFile,
  fileLine,
  folderArgument,
  type TrainedFile,
} from '../../../tools/train/trained-model.ts';
import { configName, preprocessorName } from '../src/network/encoder-directory.ts';
import { openNetwork } from '../src/network/open-network.ts';
import { bundledCentroidsName } from '../src/units/bundled-units.ts';
import { loadUnits } from '../src/units/load-units.ts';

const folder = folderArgument('a folder that tools/train/units exported, with README.md');
const target = new URL('../models/units-50hz/', import.meta.url);
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
const centroids: (TrainedFile & { readonly unitCount: number })[] = [];
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

const names = [configName, preprocessorName, 'model.safetensors', 'README.md', ...unitCounts.map(bundledCentroidsName)];
await copyModel(folder, target, names);
await copyGolden(folder, new URL('../test/golden/units-50hz/reference.safetensors', import.meta.url));

const fileLines = Object.entries({ config, preprocessor, weights }).map(([key, file]) => fileLine(key, file, '    '));
const centroidLines = centroids.map(
  ({ unitCount, sha256, sizeBytes }) =>
    `    {\n      unitCount: ${unitCount},\n      sha256: '${sha256}',\n      sizeBytes: ${sizeBytes},\n    },`,
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
