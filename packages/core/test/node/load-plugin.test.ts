import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isSpeechTokensError } from '../../src/index.ts';
import { createComponentRegistry, findPlugins, loadPlugin } from '../../src/node/index.ts';
import { activeConditions } from '../../src/node/plugins/import-conditions.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';
import { failureOf, testStore } from './helpers/test-store.ts';
import { pluginJson, pluginSource, writePackage } from './helpers/write-package.ts';

async function plugin(change = '', more: object = {}, manifest: object = {}): Promise<string> {
  const root = await temporaryFolder();
  const directory = join(root, 'node_modules', 'p');
  return writePackage(directory, pluginJson('p', more, manifest), { 'index.js': pluginSource(change) });
}

test('loads by folder, by name and from a listing, and gives the very object', async () => {
  const directory = await plugin();
  const root = join(directory, '..', '..');
  const byFolder = await loadPlugin({ directory });
  const byName = await loadPlugin({ packageName: 'p', from: root });
  const [found] = await findPlugins({ directories: [root], packages: ['p'] });
  const listed = await loadPlugin(found!);
  expect(byFolder).toMatchObject({ packageName: 'p', version: '1.2.3', directory });
  expect(byName.plugin).toBe(byFolder.plugin);
  expect(listed.plugin).toBe(byFolder.plugin);
  expect(byFolder.plugin.components[0]?.id).toBe('test:one');
});

test('instances of classes with private fields are plugins, too', async () => {
  const directory = await plugin(`
    class C { #secret = 1; constructor(o) { Object.assign(this, o); } load() { return this.#secret; } }
    plugin.components[0] = new C({ ...component, load: undefined });
    delete plugin.components[0].load;
  `);
  const loaded = await loadPlugin({ directory });
  expect(await loaded.plugin.components[0]?.load({ models: testStore(directory) })).toBe(1);
});

test.each([
  ['no default export', 'component.x = 1;', 'plugin-invalid', /its default export/, true],
  ['a newer version', "plugin.specificationVersion = 'v3';", 'plugin-version-unsupported', /@speech-tokens\/core/],
  ['no components', 'delete plugin.components;', 'plugin-invalid', /"components"/],
  ['a component that is none', 'plugin.components[0] = 5;', 'plugin-invalid', /components\[0\]/],
  ['no load', 'delete component.load;', 'plugin-invalid', /"load" of.*found nothing, wanted a function/],
  ['no models', 'delete component.models;', 'plugin-invalid', /"models"/],
  ['a model without a licence', 'delete component.models[0].licence;', 'plugin-invalid', /"licence"/],
  ['a model without a name', "component.models[0].name = '';", 'plugin-invalid', /"name" of "models\[0\]"/],
  ['a model twice', 'component.models.push(component.models[0]);', 'plugin-invalid', /the name "m.bin" a second time/],
  ['an unknown source', "component.models[0].source = { type: 'ftp' };", 'plugin-invalid', /type "ftp"/],
  ['a source of Object', "component.models[0].source = { type: 'toString' };", 'plugin-invalid', /type "toString"/],
  ['a source without path', "component.models[0].source = { type: 'path' };", 'plugin-invalid', /source\.path/],
  ['a hash in capitals', "component.models[0].sha256 = 'A'.repeat(64);", 'plugin-invalid', /"sha256"/],
  ['a negative size', 'component.models[0].sizeBytes = -1;', 'plugin-invalid', /"sizeBytes"/],
  ['weights under no name', 'component.models[0].checkpointNames = [];', 'plugin-invalid', /"checkpointNames"/],
  ['no token space', 'delete component.tokenSpace;', 'plugin-invalid', /"tokenSpace"/],
  ['a broken token space', 'component.tokenSpace.sampleRateHz = 0;', 'plugin-invalid', /"tokenSpace".*sampleRateHz/],
  ['half a sample of latency', 'component.latencySamples = 0.5;', 'plugin-invalid', /"latencySamples"/],
  ['an id twice', 'plugin.components.push(component);', 'plugin-invalid', /tokenizer test:one a second time/],
  [
    'another id',
    "component.id = 'test:two';",
    'plugin-invalid',
    /no component for tokenizer test:one and tokenizer test:two/,
  ],
  ['one fewer', 'plugin.components.pop();', 'plugin-invalid', /no component for tokenizer test:one/],
  [
    'one more',
    "plugin.components.push({ ...component, id: 'a:b' });",
    'plugin-invalid',
    /tokenizer a:b not in "provides"/,
  ],
  ['a throw', "throw new Error('bang');", 'plugin-invalid', /cannot be imported: found bang/],
  ['an import of nothing', "await import('not-installed-anywhere');", 'plugin-invalid', /Install p again/],
])('a plugin with %s is refused', async (_, change, code, message, isBare = false) => {
  const directory = await plugin(change);
  if (isBare) await writePackage(directory, pluginJson('p'), { 'index.js': 'export const x = 1;' });
  const error = await failureOf(loadPlugin({ directory }));
  expect(isSpeechTokensError(error) && error.code).toBe(code);
  expect(error.message).toMatch(message);
});

test('the entry is an export, resolved as import does', async () => {
  const entry = { entry: './plugin' };
  const exports = { '.': './nothing.js', './plugin': { require: './no.cjs', import: { default: './index.js' } } };
  expect((await loadPlugin({ directory: await plugin('', { exports }, entry) })).packageName).toBe('p');
  const main = { exports: undefined, main: 'index.js' };
  expect((await loadPlugin({ directory: await plugin('', main) })).packageName).toBe('p');
  expect((await loadPlugin({ directory: await plugin('', { exports: undefined }) })).packageName).toBe('p');
});

test('conditions of the caller choose the export', async () => {
  const exports = { custom: './index.js', default: './nothing.js' };
  const directory = await plugin('', { exports });
  expect((await loadPlugin({ directory }, { conditions: ['custom'] })).packageName).toBe('p');
  const error = await failureOf(loadPlugin({ directory }, { conditions: [] }));
  expect(error.message).toContain('nothing.js');
});

test.each([
  [{ './other': './index.js' }],
  [{ '.': { require: './index.js' } }],
  [{ '.': '../outside.js' }],
  [{ '.': 'other-package' }],
])('an entry that is not there, in %j, is refused', async (exports) => {
  const error = await failureOf(loadPlugin({ directory: await plugin('', { exports }) }));
  expect(isSpeechTokensError(error, 'plugin-invalid')).toBe(true);
  expect(error.message).toContain('export "."');
});

test('reads the conditions that the process was started with', () => {
  expect(activeConditions(['-C', 'a', '--conditions=b', '--x', '--conditions', 'c'], '-C=d --conditions a')).toEqual([
    'd',
    'a',
    'b',
    'c',
  ]);
});

test('a listed problem is thrown, and a folder without a plugin is not found', async () => {
  const directory = await plugin('', {}, { specificationVersion: 'v9' });
  const [found] = await findPlugins({ directories: [], packages: [directory] });
  expect(await failureOf(loadPlugin(found!))).toBe(found?.problem);
  for (const location of [{ directory: join(directory, 'none') }, { packageName: 'none', from: directory }]) {
    expect(isSpeechTokensError(await failureOf(loadPlugin(location)), 'plugin-not-found')).toBe(true);
  }
});

test('an import that never ends can be aborted', async () => {
  const directory = await plugin('await new Promise(() => setTimeout(() => undefined, 1e6).unref());');
  const controller = new AbortController();
  const loading = loadPlugin({ directory }, { signal: controller.signal });
  setTimeout(() => controller.abort('late'), 20);
  await expect(loading).rejects.toBe('late');
});

const second = { provides: [{ kind: 'detokenizer', id: 'test:one', title: 'Voice' }] };

test('a registry imports only the package that provides the wanted component', async () => {
  const good = await plugin();
  const root = join(good, '..', '..');
  const deadly = join(root, 'node_modules', 'deadly');
  await writePackage(deadly, pluginJson('deadly', {}, second), { 'index.js': "throw new Error('imported');" });
  const found = await findPlugins({ directories: [], packages: [good, deadly] });
  const registry = createComponentRegistry(found);
  const { component, plugin: owner } = await registry.load('tokenizer', 'test:one');
  expect(component.tokenSpace.id).toBe('test:one#1');
  expect(owner.packageName).toBe('p');
  expect(registry.lookUp('detokenizer', 'test:one').packageName).toBe('deadly');
  await expect(registry.load('detokenizer', 'test:one')).rejects.toThrow('imported');
  expect((await createComponentRegistry([owner]).load('tokenizer', 'test:one')).component).toBe(component);
});

test('an unknown id suggests the nearest of its kind, and names what could not be looked at', async () => {
  const good = await plugin();
  const root = join(good, '..', '..');
  const other = join(root, 'node_modules', 'other');
  await writePackage(other, pluginJson('other', {}, { specificationVersion: 'v2' }));
  const registry = createComponentRegistry(await findPlugins({ directories: [], packages: [good, other] }));
  const error = await failureOf(registry.load('tokenizer', 'tset:one'));
  expect(isSpeechTokensError(error, 'component-not-found') && error.details).toEqual({
    id: 'tset:one',
    suggestions: ['test:one'],
  });
  expect(error.message).toContain('Perhaps test:one is meant');
  expect(error.message).toContain('other');
  expect(registry.problems.map((problem) => problem.packageName)).toEqual(['other']);
  const otherKind = await failureOf(registry.load('detokenizer', 'test:one'));
  expect(otherKind.message).toContain('found a tokenizer of this id');
});

test('of two plugins with the same id the earlier is used, and the listing says so', async () => {
  const [one, two] = [await plugin(), await plugin("component.title = 'Other';")];
  const registry = createComponentRegistry(await findPlugins({ directories: [], packages: [one, two] }));
  expect(registry.entries.map(({ directory, shadowedBy }) => [directory, shadowedBy])).toEqual([
    [one, undefined],
    [two, one],
  ]);
  expect((await registry.load('tokenizer', 'test:one')).plugin.directory).toBe(one);
});
