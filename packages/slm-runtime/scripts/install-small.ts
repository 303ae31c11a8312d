/**
 * Takes over a trained small model as the one that this package ships: checks that it speaks, copies its files, and
 * writes down their hashes.
 * usage: node --conditions=@speech-tokens/source scripts/install-small.ts FOLDER
 */
import { readFile, writeFile } from 'node:fs/promises';
import { createRandom, type TokenSpace } from '@speech-tokens/core';
import {
  copyGolden,
  copyModel,
  fileLine,
  folderArgument,
  readTrainedModel,
} from '../../../tools/train/trained-model.ts';
import { openCsm } from '../src/systems/csm/csm-model.ts';
import { parseSmallColumns } from '../src/systems/small/small-columns.ts';
import { smallGeneration } from '../src/systems/small/small-generation.ts';

const folder = folderArgument('a folder with config.json, model.safetensors and README.md');
const target = new URL('../models/small/', import.meta.url);
const { config, weights } = await readTrainedModel(folder, 30_000_000);

// It must run before it replaces what runs today.
const columns = parseSmallColumns(await readFile(config.path, 'utf8'), config.path);
const model = await openCsm({ config: config.path, weights: weights.path });
const { codec, generate } = smallGeneration(model, columns);
const codebooks = Array.from({ length: codec.codebookCount }, (_, k) => ({
  name: `codebook-${k}`,
  size: columns.codeCount,
  hopSamples: 320,
}));
const codecSpace: TokenSpace = { id: columns.codecSpace, sampleRateHz: 16_000, codebooks, prefixDecodable: true };
let frameCount = 0;
for await (const _ of generate({ codecSpace, random: createRandom(1), maxFrames: 50 })) frameCount += 1;
if (frameCount !== 50) throw new Error(`the model said ${frameCount} frames of 50`);
await model.close();

await copyModel(folder, target, ['config.json', 'model.safetensors', 'README.md']);
await copyGolden(folder, new URL('../test/golden/small/reference.safetensors', import.meta.url));
await writeFile(
  new URL('../src/systems/small/bundled-small.ts', import.meta.url),
  `/** What ships in models/small. Written by scripts/install-small.ts: do not edit. */
export const bundledSmall = {
${fileLine('configFile', config)}
${fileLine('weightsFile', weights)}
} as const;
`,
);
console.log(`Installed ${columns.codecSpace} after ${columns.unitSpace} (${weights.sizeBytes} bytes of weights).`);
