import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

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

/** Makes a folder a workspace that has a codec package of its own among its dependencies. */
export async function installPlugin(folder: string): Promise<void> {
  const plugin = join(folder, 'node_modules/count-codec');
  await mkdir(plugin, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ dependencies: { 'count-codec': '1.0.0' } }));
  const speechTokens = { specificationVersion: 'v1', provides };
  const manifest = { name: 'count-codec', version: '1.0.0', type: 'module', exports: './index.js', speechTokens };
  await writeFile(join(plugin, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(plugin, 'index.js'), code);
}
