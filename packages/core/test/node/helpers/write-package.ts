import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Writes a package: its package.json, and its other files by path. */
export async function writePackage(
  directory: string,
  packageJson: object | string,
  files: { readonly [path: string]: string } = {},
): Promise<string> {
  const all = {
    'package.json': typeof packageJson === 'string' ? packageJson : JSON.stringify(packageJson),
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  return directory;
}

/** A package.json of a plugin. */
export function pluginJson(name: string, more: object = {}, manifest: object = {}): object {
  const provides = [{ kind: 'tokenizer', id: 'test:one', title: 'One' }];
  const speechTokens = { specificationVersion: 'v1', provides, ...manifest };
  return { name, version: '1.2.3', type: 'module', exports: './index.js', speechTokens, ...more };
}

/** Source of a module whose default export is a plugin with one tokenizer; `change` is code that alters it. */
export function pluginSource(change = ''): string {
  return `
const plugin = {
  specificationVersion: 'v1',
  components: [{
    kind: 'tokenizer',
    id: 'test:one',
    title: 'One',
    models: [{ name: 'm.bin', licence: 'MIT', source: { type: 'path', path: 'm.bin' } }],
    tokenSpace: {
      id: 'test:one#1',
      sampleRateHz: 16000,
      codebooks: [{ name: 'a', size: 16, hopSamples: 320 }],
      prefixDecodable: false,
    },
    latencySamples: 320,
    load: async () => { throw new Error('not here'); },
  }],
};
const component = plugin.components[0];
${change}
export default plugin;
`;
}
