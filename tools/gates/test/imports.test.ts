import { expect, test } from 'vitest';
import { checkBoundaries } from '../src/imports/boundaries.ts';
import { checkBrowserSafe } from '../src/imports/browser-safe.ts';
import { importSpecifiers, packageNameOf } from '../src/imports/import-specifiers.ts';
import { goodManifest, temporaryWorkspace } from './temporary-tree.ts';

test('every way to name a module is found, with its line', () => {
  const text = [
    "import type { A } from 'one';",
    "import two from './two.ts';",
    "export * from 'three';",
    "export { x, y } from 'four';",
    "const five = await import('five');",
    "let six: import('six').Six;",
    "// import 'comment'",
    'const seven = \'import "text"\';',
    'const eight = await import(seven);',
  ].join('\n');
  expect(importSpecifiers('a.ts', text)).toEqual([
    { specifier: 'one', line: 1 },
    { specifier: './two.ts', line: 2 },
    { specifier: 'three', line: 3 },
    { specifier: 'four', line: 4 },
    { specifier: 'five', line: 5 },
    { specifier: 'six', line: 6 },
  ]);
  expect(() => importSpecifiers('b.ts', 'import from from')).toThrow('b.ts does not parse');
});

test('package names of specifiers', () => {
  expect(['@a/b/c', 'd/e', 'f', './g', 'node:fs'].map(packageNameOf)).toEqual(['@a/b', 'd', 'f', undefined, undefined]);
});

const table = { core: [], plugin: ['core'] };

async function findingsOf(files: Record<string, string | object>): Promise<readonly string[]> {
  const workspace = await temporaryWorkspace({
    'packages/core/package.json': goodManifest('core'),
    'packages/plugin/package.json': goodManifest('plugin'),
    ...files,
  });
  return (await checkBoundaries(workspace, table)).map(({ where, message }) => `${where} ${message}`);
}

test('imports along the table, in itself and of others pass', async () => {
  expect(
    await findingsOf({
      'packages/plugin/src/index.ts':
        "import '@speech-tokens/core';\nimport '@speech-tokens/core/node';\nimport './b.ts';",
      'packages/plugin/src/b.ts': "import 'node:fs';\nimport '@speech-tokens/plugin';\nimport '@other/core';",
    }),
  ).toEqual([]);
});

test('an import against the table fails, also of a type or of a deeper entry', async () => {
  const findings = await findingsOf({
    'packages/core/src/index.ts': "\nimport type { A } from '@speech-tokens/plugin/deep';",
  });
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatch('packages/core/src/index.ts:2 imports "@speech-tokens/plugin/deep"');
});

test('tests may import what source may not', async () => {
  expect(
    await findingsOf({
      'packages/core/src/a.test.ts': "import '@speech-tokens/plugin';",
      'packages/core/test/b.ts': "import '@speech-tokens/plugin';",
    }),
  ).toEqual([]);
});

test('a relative import that leaves the package fails, in tests too', async () => {
  const findings = await findingsOf({ 'packages/plugin/test/a.test.ts': "import '../../core/src/index.ts';" });
  expect(findings.join()).toMatch('leaves the package');
});

test('a dependency against the table fails, without any import', async () => {
  const findings = await findingsOf({
    'packages/core/package.json': goodManifest('core', { dependencies: { '@speech-tokens/plugin': 'workspace:^' } }),
  });
  expect(findings.join()).toMatch('packages/core/package.json depends on @speech-tokens/plugin');
});

test('a package without a row in the table fails', async () => {
  expect((await findingsOf({ 'packages/new/package.json': goodManifest('new') })).join()).toMatch('packages/new');
});

async function browserFindings(files: Record<string, string | object>): Promise<readonly string[]> {
  const workspace = await temporaryWorkspace({
    'packages/core/package.json': goodManifest('core'),
    'packages/plugin/package.json': goodManifest('plugin'),
    ...files,
  });
  const entries = [{ package: 'plugin', entry: 'src/index.ts' }];
  return (await checkBrowserSafe(workspace, entries)).map(({ where, message }) => `${where} ${message}`);
}

test('an import of Node.js fails, through files and through packages of ours', async () => {
  const findings = await browserFindings({
    'packages/plugin/src/index.ts': "export * from './a.ts';",
    'packages/plugin/src/a.ts': "import '@speech-tokens/core';",
    'packages/core/src/index.ts': "import 'node:path';\nimport 'fs';",
  });
  expect(findings).toHaveLength(2);
  expect(findings[0]).toMatch('packages/core/src/index.ts:1 imports "node:path"');
  expect(findings[0]).toMatch('packages/plugin/src/index.ts → a.ts → index.ts');
});

test('Node.js in a file that the entry does not reach passes', async () => {
  expect(
    await browserFindings({
      'packages/plugin/src/index.ts': 'export const a = 1;',
      'packages/plugin/src/node.ts': "import 'node:path';",
    }),
  ).toEqual([]);
});

test('a package of others fails', async () => {
  expect((await browserFindings({ 'packages/plugin/src/index.ts': "import 'left-pad';" })).join()).toMatch('left-pad');
});
