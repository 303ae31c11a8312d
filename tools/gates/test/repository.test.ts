import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { checkManifests } from '../src/packages/package-manifests.ts';
import { runProcess } from '../src/process.ts';
import { checkCatalog } from '../src/repository/catalog.ts';
import { checkChangesets } from '../src/repository/changesets.ts';
import { checkFileLengths } from '../src/repository/file-lengths.ts';
import { checkMachinePaths } from '../src/repository/machine-paths.ts';
import { readWorkspace } from '../src/workspace.ts';
import { goodManifest, temporaryTree, temporaryWorkspace } from './temporary-tree.ts';

const goodPackage = {
  LICENSE: 'text',
  'packages/one/package.json': goodManifest('one'),
  'packages/one/README.md': '# One',
  'packages/one/src/index.ts': 'export {};',
};

test('a complete package passes', async () => {
  expect(checkManifests(await temporaryWorkspace(goodPackage))).toEqual([]);
});

test.each<[string, Record<string, unknown>]>([
  ['license', { license: 'MIT' }],
  ['"type"', { type: 'commonjs' }],
  ['description', { description: '' }],
  ['engines', { engines: {} }],
  ['repository.directory', { repository: { directory: 'packages/other' } }],
  ['"files"', { files: undefined }],
  [
    'publishConfig',
    {
      publishConfig: { exports: (goodManifest('one') as { publishConfig: { exports: object } }).publishConfig.exports },
    },
  ],
  ['./package.json', { exports: {}, publishConfig: { access: 'public', exports: {} } }],
  ['another way', { publishConfig: { access: 'public' } }],
  [
    'first',
    {
      exports: {
        '.': { types: './dist/index.d.ts', '@speech-tokens/source': './src/index.ts', default: './dist/index.js' },
        './package.json': './package.json',
      },
    },
  ],
  [
    'does not exist',
    {
      exports: {
        '.': { '@speech-tokens/source': './src/gone.ts', types: './dist/index.d.ts', default: './dist/index.js' },
        './package.json': './package.json',
      },
    },
  ],
])('a package.json is refused for: %s', async (message, changes) => {
  const workspace = await temporaryWorkspace({
    ...goodPackage,
    'packages/one/package.json': goodManifest('one', changes),
  });
  expect(
    checkManifests(workspace)
      .map((finding) => finding.message)
      .join('\n'),
  ).toMatch(message);
});

test('a missing README and a missing licence are found', async () => {
  const { LICENSE: _, 'packages/one/README.md': __, ...rest } = goodPackage;
  const found = checkManifests(await temporaryWorkspace(rest)).map(({ where, message }) => `${where} ${message}`);
  expect(found.join('\n')).toMatch(/LICENSE is missing(.|\n)*README\.md/);
});

test('a dependency of two packages comes from the catalog; one of ours from the workspace', async () => {
  const packages = (range: string, ours: string) => ({
    'packages/one/package.json': goodManifest('one', { dependencies: { shared: range, alone: '1.0.0' } }),
    'packages/two/package.json': goodManifest('two', {
      devDependencies: { shared: 'catalog:', '@speech-tokens/one': ours },
    }),
  });
  expect(checkCatalog(await temporaryWorkspace(packages('catalog:', 'workspace:^')))).toEqual([]);
  expect(checkCatalog(await temporaryWorkspace(packages('^1.0.0', 'workspace:^')))).toMatchObject([
    { where: 'packages/one/package.json', level: 'error' },
  ]);
  expect(checkCatalog(await temporaryWorkspace(packages('catalog:', '^0.0.0')))).toMatchObject([
    { where: 'packages/two/package.json', level: 'error' },
  ]);
});

test('paths of a machine are found in text, not in binary files', async () => {
  const root = await temporaryTree({
    'a.md': 'See https://example.org/home/page and ./tmp/x and <root>/tmp/ and src/home/a.\n', // gate-allow-path
    'b.md': 'first\nlook into /home/ann/x\n', // gate-allow-path
    'c.bin': 'a\0 /home/ann/x', // gate-allow-path
    'd.md': 'made on build-machine-7\n',
    'e.md': 'in /data/projects/recordings\n',
    'f.md': 'C:\\Users\\ann', // gate-allow-path
  });
  const machine = { root: '/data/projects/repository', home: '/data/ann', host: 'build-machine-7' };
  const found = await checkMachinePaths({ root, packages: [] }, machine);
  expect(found.map(({ where }) => where)).toEqual(['b.md:2', 'd.md:1', 'e.md:1', 'f.md:1']);
});

test('long source files are a warning', async () => {
  const workspace = await temporaryWorkspace({ 'a.ts': '\n'.repeat(20), 'b.ts': '\n', 'c.md': '\n'.repeat(20) });
  expect(await checkFileLengths(workspace, 10)).toMatchObject([{ level: 'warning', where: 'a.ts' }]);
});

test('a package that was never released needs a changeset', async () => {
  expect(await checkChangesets(await temporaryWorkspace(goodPackage))).toMatchObject([{ where: 'packages/one' }]);
  const changeset = { '.changeset/first.md': '---\n"@speech-tokens/one": minor\n---\n\nFirst.\n' };
  expect(await checkChangesets(await temporaryWorkspace({ ...goodPackage, ...changeset }))).toEqual([]);
});

test('a changeset of an unknown package is found', async () => {
  const changeset = {
    '.changeset/first.md': "---\n'@speech-tokens/one': minor\n'@speech-tokens/gone': patch\n---\n\nX\n",
  };
  const found = await checkChangesets(await temporaryWorkspace({ ...goodPackage, ...changeset }));
  expect(found).toMatchObject([{ where: '.changeset/first.md' }]);
});

test('a released package needs a changeset only after a change of what it publishes', async () => {
  const released = { ...goodPackage, 'packages/one/package.json': goodManifest('one', { version: '1.0.0' }) };
  const root = await temporaryTree(released);
  const git = async (...args: string[]): Promise<void> => {
    const settings = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];
    const { exitCode, output } = await runProcess('git', [...settings, ...args], { cwd: root });
    expect(exitCode, `${hostname()} git ${args.join(' ')}\n${output}`).toBe(0);
  };
  await git('init', '--quiet');
  await git('add', '.');
  await git('commit', '--quiet', '-m', 'one');
  expect(await checkChangesets(await readWorkspace(root))).toEqual([]);
  const { writeFile } = await import('node:fs/promises');
  await writeFile(`${root}/packages/one/README.md`, 'new');
  expect(await checkChangesets(await readWorkspace(root))).toEqual([]);
  await writeFile(`${root}/packages/one/src/index.ts`, 'export const a = 1;');
  expect(await checkChangesets(await readWorkspace(root))).toMatchObject([{ where: 'packages/one' }]);
});
