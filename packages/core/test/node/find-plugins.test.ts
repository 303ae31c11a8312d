import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isSpeechTokensError } from '../../src/index.ts';
import { findPlugins } from '../../src/node/index.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';
import { failureOf } from './helpers/test-store.ts';
import { pluginJson, writePackage } from './helpers/write-package.ts';

/** Would end the process if anything imported it. */
const deadly = { 'index.js': 'process.exit(7);' };

test('finds plugins among the direct dependencies of all kinds, without running them', async () => {
  const root = await temporaryFolder();
  await writePackage(root, {
    name: 'app',
    dependencies: { plain: '1', 'plugin-a': '1' },
    optionalDependencies: { '@scope/plugin-b': '1', absent: '1' },
    devDependencies: { 'plugin-c': '1' },
    peerDependencies: { 'plugin-d': '1' },
  });
  const modules = join(root, 'node_modules');
  await writePackage(join(modules, 'plain'), { name: 'plain' }, deadly);
  await writePackage(join(modules, 'plugin-a'), pluginJson('plugin-a'), deadly);
  await writePackage(join(modules, '@scope/plugin-b'), pluginJson('@scope/plugin-b'), deadly);
  await writePackage(join(modules, 'plugin-c'), pluginJson('plugin-c'), deadly);
  await writePackage(join(modules, 'plugin-d'), pluginJson('plugin-d'), deadly);
  await writePackage(join(modules, 'not-declared'), pluginJson('not-declared'), deadly);
  const found = await findPlugins({ directories: [root] });
  expect(found.map((plugin) => plugin.packageName)).toEqual(['@scope/plugin-b', 'plugin-a', 'plugin-c', 'plugin-d']);
  expect(found[1]).toEqual({
    packageName: 'plugin-a',
    version: '1.2.3',
    directory: join(modules, 'plugin-a'),
    manifest: { specificationVersion: 'v1', provides: [{ kind: 'tokenizer', id: 'test:one', title: 'One' }] },
  });
});

test('looks in the folders above, and follows links as pnpm makes them', async () => {
  const root = await temporaryFolder();
  const app = join(root, 'packages', 'app');
  await writePackage(app, { name: 'app', dependencies: { hoisted: '1', linked: '1' } });
  await writePackage(join(root, 'node_modules', 'hoisted'), pluginJson('hoisted'));
  const store = join(root, 'node_modules', '.pnpm', 'linked@1', 'node_modules', 'linked');
  await writePackage(store, pluginJson('linked'));
  await mkdir(join(app, 'node_modules'));
  await symlink(store, join(app, 'node_modules', 'linked'));
  const found = await findPlugins({ directories: [app] });
  expect(found.map((plugin) => plugin.directory)).toEqual([join(root, 'node_modules', 'hoisted'), store]);
});

test('a folder that is reached through a link finds the dependencies beside its real place', async () => {
  const root = await temporaryFolder();
  const real = join(root, 'store', 'node_modules', 'app');
  await writePackage(real, { name: 'app', dependencies: { sibling: '1' } });
  await writePackage(join(root, 'store', 'node_modules', 'sibling'), pluginJson('sibling'));
  await symlink(real, join(root, 'app'));
  expect(await findPlugins({ directories: [join(root, 'app')] })).toHaveLength(1);
});

test('lists a package once, however often and by whatever way it is named', async () => {
  const root = await temporaryFolder();
  await writePackage(root, { dependencies: { one: '1' }, devDependencies: { one: '1' } });
  await writePackage(join(root, 'sub'), { dependencies: { one: '1' } });
  await writePackage(join(root, 'node_modules', 'one'), pluginJson('one'));
  const packages = ['one', join(root, 'node_modules', 'one')];
  expect(await findPlugins({ directories: [root, join(root, 'sub')], packages })).toHaveLength(1);
});

test('an exports map that hides package.json does not hide the plugin', async () => {
  const root = await temporaryFolder();
  await writePackage(root, { dependencies: { closed: '1' } });
  await writePackage(join(root, 'node_modules', 'closed'), pluginJson('closed', { exports: { '.': './index.js' } }));
  expect(await findPlugins({ directories: [root] })).toHaveLength(1);
});

test('takes package folders and names, first and also when they are no dependencies', async () => {
  const root = await temporaryFolder();
  await writePackage(root, { dependencies: { one: '1' } });
  await writePackage(join(root, 'node_modules', 'one'), pluginJson('one'));
  await writePackage(join(root, 'node_modules', 'two'), pluginJson('two'));
  const own = await writePackage(join(root, 'own'), pluginJson('own'));
  const found = await findPlugins({ directories: [root], packages: [own, 'two'] });
  expect(found.map((plugin) => plugin.packageName)).toEqual(['own', 'two', 'one']);
});

test.each([
  ['nowhere', /no such package in node_modules of .*npm install nowhere/],
  ['./nowhere', /no package\.json in/],
  ['plain', /a package without a "speechTokens" field/],
])('naming %s is an error', async (named, message) => {
  const root = await temporaryFolder();
  await writePackage(join(root, 'node_modules', 'plain'), { name: 'plain' });
  const error = await failureOf(findPlugins({ directories: [root], packages: [named] }));
  expect(isSpeechTokensError(error, 'plugin-not-found') && error.details.packageName).toBe(named);
  expect(error.message).toMatch(message);
});

const fine = { kind: 'tokenizer', id: 'a:b', title: 'T' };

test.each([
  ['a text', 'v1', 'plugin-invalid', /found "v1", wanted an object/],
  ['null', null, 'plugin-invalid', /wanted an object/],
  ['no version', { provides: [fine] }, 'plugin-invalid', /specificationVersion.*found nothing, wanted "v1"/],
  ['a version of another shape', { specificationVersion: 1, provides: [fine] }, 'plugin-invalid', /found 1/],
  [
    'a newer version',
    { specificationVersion: 'v2' },
    'plugin-version-unsupported',
    /found v2, wanted v1\. Upgrade @speech-tokens\/core and the program/,
  ],
  ['an older version', { specificationVersion: 'v0' }, 'plugin-version-unsupported', /Upgrade broken: it is older/],
  ['no provides', { specificationVersion: 'v1' }, 'plugin-invalid', /"provides".*found nothing/],
  ['empty provides', { specificationVersion: 'v1', provides: [] }, 'plugin-invalid', /an empty list/],
  ['an item that is none', { specificationVersion: 'v1', provides: [3] }, 'plugin-invalid', /provides\[0\]/],
  [
    'an unknown kind',
    { specificationVersion: 'v1', provides: [{ ...fine, kind: 'vocoder' }] },
    'plugin-invalid',
    /found "vocoder", wanted one of "tokenizer"/,
  ],
  ['a bad id', { specificationVersion: 'v1', provides: [{ ...fine, id: 'x' }] }, 'plugin-invalid', /"family:name"/],
  ['no title', { specificationVersion: 'v1', provides: [{ ...fine, title: ' ' }] }, 'plugin-invalid', /title/],
  ['an id twice', { specificationVersion: 'v1', provides: [fine, fine] }, 'plugin-invalid', /tokenizer a:b a second/],
  [
    'an entry outside',
    { specificationVersion: 'v1', provides: [fine], entry: '../x' },
    'plugin-invalid',
    /"entry".*found "\.\.\/x"/,
  ],
])('a manifest with %s is listed with its problem beside the good ones', async (_, speechTokens, code, message) => {
  const root = await temporaryFolder();
  await writePackage(root, { dependencies: { broken: '1', good: '1' } });
  await writePackage(join(root, 'node_modules', 'broken'), { name: 'broken', version: '2.0.0', speechTokens });
  await writePackage(join(root, 'node_modules', 'good'), pluginJson('good'));
  const [broken, good] = await findPlugins({ directories: [root] });
  expect(broken).toMatchObject({ packageName: 'broken', version: '2.0.0' });
  expect(broken).not.toHaveProperty('manifest');
  expect(broken?.problem?.code).toBe(code);
  expect(broken?.problem?.message).toMatch(message);
  expect(good?.problem).toBeUndefined();
});

test('a package.json that is broken is listed with its problem, of a dependency and of the folder itself', async () => {
  const root = await temporaryFolder();
  await writePackage(root, { dependencies: { broken: '1', listed: '1' } });
  await writePackage(join(root, 'node_modules', 'broken'), '{"name": "broken", ');
  await writePackage(join(root, 'node_modules', 'listed'), '[]');
  const bad = await writePackage(join(root, 'bad'), 'not json');
  const found = await findPlugins({ directories: [root, bad] });
  expect(found.map((plugin) => [plugin.packageName, plugin.problem?.code])).toEqual([
    ['broken', 'file-read'],
    ['listed', 'file-read'],
    ['bad', 'file-read'],
  ]);
});

test('strange dependency names lead nowhere', async () => {
  const root = await temporaryFolder();
  const app = await writePackage(join(root, 'app'), { dependencies: { '../../evil': '1', '..': '1', '/evil': '1' } });
  await writePackage(join(root, 'evil'), pluginJson('evil'));
  await mkdir(join(app, 'node_modules'));
  expect(await findPlugins({ directories: [app] })).toEqual([]);
});

test('a folder without package.json has no plugins; an abort rejects with its reason', async () => {
  const root = await temporaryFolder();
  expect(await findPlugins({ directories: [root, join(root, 'none')] })).toEqual([]);
  await expect(findPlugins({ directories: [root], signal: AbortSignal.abort('stop') })).rejects.toBe('stop');
});
