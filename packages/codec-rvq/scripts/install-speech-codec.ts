/**
 * Takes over a trained speech codec as the one that this package ships: checks that it loads, copies its files, and
 * writes down their hashes.
 * usage: node --conditions=@speech-tokens/source scripts/install-speech-codec.ts FOLDER
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { findComponent, type ModelFile, type ResolvedModelFile } from '@speech-tokens/core';
import plugin from '../src/index.ts';
import { parseSpeechCodecConfig } from '../src/speech-codec/speech-codec-config.ts';
import { speechCodecFamily } from '../src/speech-codec/speech-codec-family.ts';

const [argument] = process.argv.slice(2);
if (argument === undefined) {
  console.error('usage: install-speech-codec.ts FOLDER   (a folder with config.json, model.safetensors and README.md)');
  process.exit(2);
}
const folder = resolve(argument);
const target = new URL('../models/speech-16khz/', import.meta.url);
const maximumWeightsBytes = 12_000_000;

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
const context = {
  models: { resolve: async ({ name }: ModelFile) => (name === 'config.json' ? config : weights) },
};
const tokenizer = await findComponent(plugin, 'tokenizer', speechCodecFamily.id).load(context);
const detokenizer = await findComponent(plugin, 'detokenizer', speechCodecFamily.id).load(context);
const { sampleRateHz } = tokenizer.audioFormat;
const tone = Float32Array.from(
  { length: sampleRateHz },
  (_, n) => 0.3 * Math.sin((2 * Math.PI * 220 * n) / sampleRateHz),
);
const decoded = await detokenizer.detokenize(await tokenizer.tokenize({ sampleRateHz, channels: [tone] }));
if (!decoded.channels[0]!.every(Number.isFinite)) throw new Error('the decoder gives values that are not finite');

await mkdir(target, { recursive: true });
for (const name of ['config.json', 'model.safetensors', 'README.md'])
  await cp(join(folder, name), new URL(name, target));
const { hopSamples, lookaheadSamples, codebookCount, codebookSize, decoder } = parseSpeechCodecConfig(
  await readFile(config.path, 'utf8'),
  config.path,
);
const decoderLookaheadSamples = decoder.lookaheadFrames * hopSamples;
const shape = {
  sampleRateHz,
  hopSamples,
  lookaheadSamples,
  decoderLookaheadSamples,
  codebookCount,
  codebookSize,
};
const lines = Object.entries(shape).map(([key, value]) => `  ${key}: ${value},`);
const fileLine = (key: string, { sha256, sizeBytes }: ResolvedModelFile): string =>
  `  ${key}: {\n    sha256: '${sha256}',\n    sizeBytes: ${sizeBytes},\n  },`;
await writeFile(
  new URL('../src/speech-codec/bundled-speech-codec.ts', import.meta.url),
  `/** What ships in models/speech-16khz. Written by scripts/install-speech-codec.ts: do not edit. */
export const bundledSpeechCodec = {
${lines.join('\n')}
${fileLine('configFile', config)}
${fileLine('weightsFile', weights)}
} as const;
`,
);
console.log(`Installed ${tokenizer.tokenSpace.id} (${weights.sizeBytes} bytes of weights).`);
