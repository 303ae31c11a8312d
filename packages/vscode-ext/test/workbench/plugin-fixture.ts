import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ids = ['count:up', 'count:on', 'count:further', 'count:in-vain'];

const provides = ids.map((id) => ({ kind: 'tokenizer', id, title: 'Counts from 0' }));

const code = `
const tokenSpace = {
  id: 'count:up#1',
  sampleRateHz: 16000,
  codebooks: [{ name: 'count', size: 65536, hopSamples: 1600 }],
  prefixDecodable: true,
};
export default {
  specificationVersion: 'v1',
  components: ${JSON.stringify(ids)}.map((id) => ({
    kind: 'tokenizer',
    id,
    title: 'Counts from 0',
    models: [],
    tokenSpace,
    load: async () => ({
      specificationVersion: 'v1',
      tokenSpace,
      audioFormat: { sampleRateHz: 16000, channelCount: 1 },
      async tokenize({ channels: [samples] }) {
        const ids = Uint32Array.from({ length: Math.ceil(samples.length / 1600) }, (_, i) => i);
        return { tokenSpace, startSample: 0, sampleCount: samples.length, tracks: [{ ids }] };
      },
      async close() {},
    }),
  })),
};
`;

const example = new URL('../../../../examples/plugin-example/', import.meta.url);

/** Makes a folder a workspace that has two codec packages of its own among its dependencies: one of three lines, and the example. */
export async function installPlugins(folder: string): Promise<void> {
  const { name, speechTokens } = JSON.parse(await readFile(new URL('package.json', example), 'utf8'));
  const dependencies = { 'count-codec': '1.0.0', [name]: '1.0.0' };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ dependencies }));
  const counts = join(folder, 'node_modules/count-codec');
  await writePackage(counts, { name: 'count-codec', speechTokens: { specificationVersion: 'v1', provides } });
  await writeFile(join(counts, 'index.js'), code);
  const bands = join(folder, 'node_modules', name);
  await writePackage(bands, { name, speechTokens });
  await build({
    entryPoints: [fileURLToPath(new URL('src/index.ts', example))],
    outfile: join(bands, 'index.js'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@speech-tokens/source'],
  });
}

async function writePackage(path: string, manifest: Readonly<Record<string, unknown>>): Promise<void> {
  await mkdir(path, { recursive: true });
  const all = { version: '1.0.0', type: 'module', exports: './index.js', ...manifest };
  await writeFile(join(path, 'package.json'), JSON.stringify(all));
}
