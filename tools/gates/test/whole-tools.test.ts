// Gates that run a program over the whole repository: each has to find a fault that was put there.
import { expect, test } from 'vitest';
import { checkBrowserTypes } from '../src/imports/browser-types.ts';
import { checkCommand, checkExample } from '../src/packed/quick-start.ts';
import { checkUnused } from '../src/repository/knip.ts';
import { checkMonorepo } from '../src/repository/sherif.ts';
import { goodManifest, temporaryTree, temporaryWorkspace } from './temporary-tree.ts';

const entries = [{ package: 'one', entry: 'src/index.ts' }];

test('globals of browsers pass, those of Node.js are found', async () => {
  const tree = (code: string) => temporaryWorkspace({ 'packages/one/src/index.ts': code });
  expect(await checkBrowserTypes(await tree('export const a: URL = new URL(location.href);'), entries)).toEqual([]);
  const found = await checkBrowserTypes(await tree('export const a: string = process.version;'), entries);
  expect(found.map(({ message }) => message).join()).toMatch(/Cannot find name 'process'/);
});

test('unused and undeclared things are found', async () => {
  const root = { name: 'root', private: true, type: 'module' };
  const good = {
    'package.json': root,
    'pnpm-workspace.yaml': 'packages:\n  - packages/*\n',
    'packages/one/package.json': goodManifest('one', { dependencies: { used: '1.0.0' } }),
    'packages/one/src/index.ts': "import 'used';\nexport { a } from './a.ts';\n",
    'packages/one/src/a.ts': 'export const a = 1;\n',
  };
  expect(await checkUnused(await temporaryWorkspace(good))).toEqual([]);
  const found = await checkUnused(
    await temporaryWorkspace({
      ...good,
      'packages/one/package.json': goodManifest('one', { dependencies: { idle: '1.0.0' } }),
      'packages/one/src/a.ts': 'export const a = 1;\nexport const b = 2;\n',
      'packages/one/src/c.ts': 'export const c = 1;\n',
    }),
  );
  expect(found.map(({ message }) => message).sort()).toEqual([
    'export that nothing imports: b',
    'imported but not declared in package.json: used',
    'unused dependency: idle',
    'unused file: packages/one/src/c.ts',
  ]);
});

test('two versions of one dependency are found', async () => {
  const tree = (range: string) =>
    temporaryWorkspace({
      'package.json': { name: 'root', private: true, packageManager: 'pnpm@11.0.0' },
      'pnpm-workspace.yaml': 'packages:\n  - packages/*\n',
      'packages/one/package.json': { name: 'one', dependencies: { shared: '1.0.0' } },
      'packages/two/package.json': { name: 'two', dependencies: { shared: range } },
    });
  expect(await checkMonorepo(await tree('1.0.0'))).toEqual([]);
  expect((await checkMonorepo(await tree('1.1.0'))).map(({ message }) => message).join()).toMatch('shared');
});

const goodExample = `
  import { writeFileSync } from 'node:fs';
  console.log(process.argv[2] + ': 8 codebooks × 355 frames');
  writeFileSync('decoded.wav', new Uint8Array(2 * 113600 + 44));
`;

test.each([
  ['prints other tokens', goodExample.replace('355', '354'), '8 codebooks × 355 frames'],
  ['loses samples', goodExample.replace('113600', '113599 - 44'), 'whole length'],
  ['writes elsewhere', `${goodExample} writeFileSync(process.env.HOME + '/usage.db', 'x');`, 'telemetry'],
  ['fails', 'throw new Error("no model");', 'no model'],
])('an example that %s is found', async (_, program, message) => {
  expect(
    await checkExample(await temporaryTree({ 'package.json': { type: 'module' }, 'quick-start.ts': goodExample })),
  ).toEqual([]);
  const found = await checkExample(
    await temporaryTree({ 'package.json': { type: 'module' }, 'quick-start.ts': program }),
  );
  expect(found.map((finding) => finding.message).join()).toContain(message);
});

test('a command that is not packed, fails or writes nothing is found', async () => {
  const installed = (bin: object, script: string) =>
    temporaryTree({
      'node_modules/speech-tokens/package.json': { name: 'speech-tokens', type: 'module', bin },
      'node_modules/speech-tokens/dist/bin.js': script,
    });
  const bin = { 'speech-tokens': './dist/bin.js' };
  const writes = "import { writeFileSync } from 'node:fs'; writeFileSync(process.argv[5], 'x');";
  expect(await checkCommand(await installed(bin, writes))).toEqual([]);
  for (const broken of [installed({}, writes), installed(bin, 'process.exit(1)'), installed(bin, '')]) {
    expect(await checkCommand(await broken)).toMatchObject([{ level: 'error', where: 'packages/cli' }]);
  }
});
