/**
 * Takes over a trained small model as the one that this package ships: checks that it speaks, copies its files, and
 * writes down their hashes.
 * usage: node --conditions=@speech-tokens/source scripts/install-small.ts FOLDER
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createRandom, type ResolvedModelFile, type TokenSpace } from '@speech-tokens/core';
import { openCsm } from '../src/systems/csm/csm-model.ts';
import { parseSmallColumns } from '../src/systems/small/small-columns.ts';
import { smallGeneration } from '../src/systems/small/small-generation.ts';

const [argument] = process.argv.slice(2);
if (argument === undefined) {
  console.error('usage: install-small.ts FOLDER   (a folder with config.json, model.safetensors and README.md)');
  process.exit(2);
}
const folder = resolve(argument);
const target = new URL('../models/small/', import.meta.url);
const maximumWeightsBytes = 30_000_000;

async function describeFile(name: string): Promise<ResolvedModelFile> {
  const path = join(folder, name);
  const bytes = await readFile(path);
  return { path, sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length };
}

const config = await describeFile('config.json');
const weights = await describeFile('model.safetensors');
await describeFile('README.md');
if (weights.sizeBytes > maximumWeightsBytes) {
  throw new Error(`model.safetensors has ${weights.sizeBytes} bytes; at most ${maximumWeightsBytes} are shipped`);
}

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

const golden = new URL('../test/golden/small/', import.meta.url);
await mkdir(target, { recursive: true });
await mkdir(golden, { recursive: true });
await cp(join(folder, 'golden.safetensors'), new URL('reference.safetensors', golden));
for (const name of ['config.json', 'model.safetensors', 'README.md']) {
  await cp(join(folder, name), new URL(name, target));
}
const fileLine = (key: string, { sha256, sizeBytes }: ResolvedModelFile): string =>
  `  ${key}: {\n    sha256: '${sha256}',\n    sizeBytes: ${sizeBytes},\n  },`;
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
