import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { readWorkspace, type Workspace } from '../src/workspace.ts';

/** A small repository in a temporary folder, gone after the test. Objects are written as JSON. */
export async function temporaryTree(files: Readonly<Record<string, string | object>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'speech-tokens-tree-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return root;
}

export async function temporaryWorkspace(files: Readonly<Record<string, string | object>>): Promise<Workspace> {
  return await readWorkspace(await temporaryTree(files));
}

/** A package.json that every gate is content with, and what a test changes in it. */
export function goodManifest(folder: string, changes: Readonly<Record<string, unknown>> = {}): object {
  const published = {
    '.': { types: './dist/index.d.ts', default: './dist/index.js' },
    './package.json': './package.json',
  };
  return {
    name: `@speech-tokens/${folder}`,
    version: '0.0.0',
    description: 'For a test',
    license: 'Apache-2.0',
    type: 'module',
    engines: { node: '>=22' },
    repository: { type: 'git', url: 'git+https://example.org/x.git', directory: `packages/${folder}` },
    files: ['dist'],
    exports: { ...published, '.': { '@speech-tokens/source': './src/index.ts', ...published['.'] } },
    publishConfig: { access: 'public', exports: published },
    ...changes,
  };
}
