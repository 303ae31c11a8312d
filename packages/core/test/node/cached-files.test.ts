import { mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isSpeechTokensError } from '../../src/index.ts';
import { commitA, hubFile, sha256, someBytes, startHub } from './helpers/local-hub.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';
import { failureOf, testStore } from './helpers/test-store.ts';

const weights = someBytes(2000);
const config = someBytes(100, 2);
const files = { [`${commitA}/deep/model.bin`]: weights, [`${commitA}/config.json`]: config };

test('lists what was downloaded, with source, size, hash and last use', async () => {
  const folder = await temporaryFolder();
  const { hub } = await startHub({ files });
  const store = testStore(folder, { hubEndpoint: hub.origin });
  expect(await store.list()).toEqual([]);
  await store.resolve(hubFile('deep/model.bin'));
  await store.resolve(hubFile('config.json'));
  const path = await store.path(hubFile('deep/model.bin'));
  expect(await store.list()).toMatchObject([
    { state: 'complete', source: { type: 'hub', file: 'config.json' }, sizeBytes: 100 },
    {
      state: 'complete',
      path,
      source: { type: 'hub', repository: 'voices/tiny', revision: commitA, file: 'deep/model.bin' },
      sizeBytes: 2000,
      sha256: sha256(weights),
      name: 'model.bin',
      licence: 'MIT',
      lastUsedAt: expect.any(Date),
    },
  ]);
});

test('lists a file whose record is lost by its place', async () => {
  const folder = await temporaryFolder();
  const { hub } = await startHub({ files });
  const store = testStore(folder, { hubEndpoint: hub.origin });
  await store.resolve(hubFile('deep/model.bin'));
  await rm(join(folder, 'cache', 'records'), { recursive: true });
  expect(await store.list()).toMatchObject([
    {
      source: { type: 'hub', repository: 'voices/tiny', revision: commitA, file: 'deep/model.bin' },
      sha256: sha256(weights),
    },
  ]);
  expect((await testStore(folder, { offline: true }).resolve(hubFile('deep/model.bin'))).sizeBytes).toBe(2000);
});

test('a cache that is reached through a link knows its files', async () => {
  const folder = await temporaryFolder();
  await symlink(join(folder, 'elsewhere'), join(folder, 'link'));
  await mkdir(join(folder, 'elsewhere'));
  const { hub } = await startHub({ files });
  const store = testStore(folder, { hubEndpoint: hub.origin, cacheDirectory: join(folder, 'link') });
  const resolved = await store.resolve(hubFile('config.json'));
  expect(resolved.path.startsWith(join(folder, 'elsewhere'))).toBe(true);
  expect(await store.list()).toMatchObject([{ name: 'config.json', licence: 'MIT' }]);
});

test('says where a file is without fetching it', async () => {
  const folder = await temporaryFolder();
  const { hub } = await startHub({ files });
  const store = testStore(folder, { hubEndpoint: hub.origin });
  expect(await store.path(hubFile('config.json'))).toBeUndefined();
  const { path } = await store.resolve(hubFile('config.json'));
  const asked = hub.requests.length;
  expect(await store.path(hubFile('config.json'))).toBe(path);
  expect(await store.path(hubFile('deep/model.bin'))).toBeUndefined();
  expect(hub.requests).toHaveLength(asked);
});

test('reads everything again on request, and what is broken is fetched again', async () => {
  const folder = await temporaryFolder();
  const { hub, storage } = await startHub({ files });
  const store = testStore(folder, { hubEndpoint: hub.origin });
  const { path } = await store.resolve(hubFile('deep/model.bin'));
  await store.resolve(hubFile('config.json'));
  // A fault that leaves size and time as they were: only reading finds it.
  const { atime, mtime } = await stat(path);
  await utimes(path, atime, mtime);
  await store.resolve(hubFile('deep/model.bin'));
  const broken = Buffer.from(weights);
  broken[1000]! ^= 1;
  await writeFile(path, broken);
  await utimes(path, atime, mtime);
  expect((await store.resolve(hubFile('deep/model.bin'))).sha256).toBe(sha256(weights));

  const results = [];
  for await (const checked of store.verify()) results.push(checked);
  expect(results.map(({ file, result }) => [file.name, result])).toEqual([
    ['config.json', 'intact'],
    ['model.bin', 'corrupt'],
  ]);
  expect(isSpeechTokensError(results[1]?.problem, 'model-corrupt')).toBe(true);

  await store.resolve(hubFile('deep/model.bin'));
  expect(sha256(await readFile(path))).toBe(sha256(weights));
  expect(storage.requests).toHaveLength(3);
});

test('removes a file and its folders, and keeps the pin of the branch', async () => {
  const folder = await temporaryFolder();
  const { hub, storage } = await startHub({ files });
  const store = testStore(folder, { hubEndpoint: hub.origin });
  await store.resolve(hubFile('deep/model.bin'));
  const [listed] = await store.list();
  expect(await store.remove(listed!)).toBe(2000);
  expect(await store.remove(listed!)).toBe(0);
  expect(await store.list()).toEqual([]);
  expect(await readdir(join(folder, 'cache'))).not.toContain('hub');
  expect(await readdir(join(folder, 'cache', 'records'))).toEqual([]);
  expect(await store.pins()).toHaveLength(1);
  await store.resolve(hubFile('deep/model.bin'));
  expect(storage.requests).toHaveLength(2);
});

test('removes nothing outside of the cache', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'mine.bin');
  await writeFile(path, 'mine');
  const store = testStore(folder);
  const inside = join(folder, 'cache', 'hub');
  await mkdir(inside, { recursive: true });
  for (const tried of [path, `${inside}/../../mine.bin`]) {
    expect(await store.remove({ state: 'complete', path: tried, sizeBytes: 4 })).toBe(0);
  }
  expect(await readFile(path, 'utf8')).toBe('mine');
});

test('broken pins are an error that says so, and not a new choice', async () => {
  const folder = await temporaryFolder();
  const { hub } = await startHub({ files });
  const store = testStore(folder, { hubEndpoint: hub.origin });
  await store.resolve(hubFile('config.json'));
  await writeFile(join(folder, 'cache', 'pins.json'), '{"formatVersion":1,"revisions":{');
  const error = await failureOf(store.resolve(hubFile('config.json')));
  expect(isSpeechTokensError(error, 'file-read') && error.details.path).toBe(join(folder, 'cache', 'pins.json'));
  expect(await store.list()).toHaveLength(1);
});
