import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { isSpeechTokensError } from '../../src/index.ts';
import { commitA, commitB, gitBlobSha1, hubFile, sha256, someBytes, startHub } from './helpers/local-hub.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';
import { failureOf, testStore } from './helpers/test-store.ts';

const weights = someBytes(2000);

/** A cache as `huggingface_hub` leaves it. */
async function huggingFaceCache(
  folder: string,
  files: { readonly [place: string]: Uint8Array },
  refs: { readonly [name: string]: string } = {},
  blobName: (bytes: Uint8Array) => string = sha256,
): Promise<string> {
  const repository = join(folder, 'hf', 'hub', 'models--voices--tiny');
  await mkdir(join(repository, 'blobs'), { recursive: true });
  for (const [place, bytes] of Object.entries(files)) {
    const blob = join(repository, 'blobs', blobName(bytes));
    await writeFile(blob, bytes);
    const path = join(repository, 'snapshots', place);
    await mkdir(dirname(path), { recursive: true });
    await symlink(blob, path);
  }
  for (const [name, commit] of Object.entries(refs)) {
    await mkdir(dirname(join(repository, 'refs', name)), { recursive: true });
    await writeFile(join(repository, 'refs', name), commit);
  }
  return repository;
}

test('uses a file that is there, offline, without a copy, beside its siblings and as a real file', async () => {
  const folder = await temporaryFolder();
  const files = { [`${commitA}/deep/model.bin`]: weights, [`${commitA}/config.json`]: someBytes(30) };
  const repository = await huggingFaceCache(folder, files, { main: commitA });
  const store = testStore(folder, { offline: true, consent: async () => false });
  const model = await store.resolve(hubFile('deep/model.bin'));
  const config = await store.resolve(hubFile('config.json'));
  expect(model.sha256).toBe(sha256(weights));
  const home = join(folder, 'cache', 'hub', 'voices--tiny', commitA);
  expect([model.path, config.path]).toEqual([join(home, 'deep', 'model.bin'), join(home, 'config.json')]);
  const blob = await stat(join(repository, 'blobs', sha256(weights)));
  expect((await stat(model.path)).ino).toBe(blob.ino);
  expect(await store.pins()).toMatchObject([{ revision: 'main', commit: commitA }]);
  expect(await readdir(join(repository, 'blobs'))).toHaveLength(2);
});

test('finds it by commit, and by the cache folder of the environment', async () => {
  const folder = await temporaryFolder();
  await huggingFaceCache(folder, { [`${commitA}/model.bin`]: weights });
  const environment = { HF_HUB_CACHE: join(folder, 'hf', 'hub') };
  const store = testStore(folder, { offline: true, environment });
  expect((await store.resolve(hubFile('model.bin', {}, commitA))).sha256).toBe(sha256(weights));
  const off = testStore(join(folder, 'other'), { offline: true, environment, huggingFaceCacheDirectory: false });
  expect(isSpeechTokensError(await failureOf(off.resolve(hubFile('model.bin', {}, commitA))), 'model-offline')).toBe(
    true,
  );
});

test('checks files of git itself by the name of their blob', async () => {
  const folder = await temporaryFolder();
  await huggingFaceCache(folder, { [`${commitA}/config.json`]: weights }, { main: commitA }, gitBlobSha1);
  const resolved = await testStore(folder, { offline: true }).resolve(hubFile('config.json'));
  expect(resolved.sha256).toBe(sha256(weights));
});

test('leaves a broken file alone and downloads its own', async () => {
  const folder = await temporaryFolder();
  const repository = await huggingFaceCache(folder, { [`${commitA}/model.bin`]: weights }, { main: commitA });
  const blob = join(repository, 'blobs', sha256(weights));
  await writeFile(blob, 'broken');
  const { hub, storage } = await startHub({ files: { [`${commitA}/model.bin`]: weights } });
  const resolved = await testStore(folder, { hubEndpoint: hub.origin }).resolve(hubFile('model.bin'));
  expect(sha256(await readFile(resolved.path))).toBe(sha256(weights));
  expect(storage.requests).toHaveLength(1);
  expect(await readFile(blob, 'utf8')).toBe('broken');
});

test('does not take the commit of another program for the pinned one', async () => {
  const folder = await temporaryFolder();
  const { hub } = await startHub({ files: { [`${commitA}/model.bin`]: weights, [`${commitA}/b.bin`]: weights } });
  const store = testStore(folder, { hubEndpoint: hub.origin });
  await store.resolve(hubFile('model.bin'));
  await huggingFaceCache(folder, { [`${commitB}/b.bin`]: someBytes(5) }, { main: commitB });
  expect((await store.resolve(hubFile('b.bin'))).path).toContain(commitA);
});

test('a declared hash goes before what is there', async () => {
  const folder = await temporaryFolder();
  await huggingFaceCache(folder, { [`${commitA}/model.bin`]: weights }, { main: commitA });
  const store = testStore(folder, { offline: true });
  const error = await failureOf(store.resolve(hubFile('model.bin', { sha256: '1'.repeat(64) })));
  expect(isSpeechTokensError(error, 'model-offline')).toBe(true);
});

test('where there are no links, the hub says what the bytes should be, and then nothing is downloaded', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'hf', 'hub', 'models--voices--tiny', 'snapshots', commitA, 'model.bin');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, weights);
  const { hub, storage } = await startHub({ files: { [`${commitA}/model.bin`]: weights } });
  const resolved = await testStore(folder, { hubEndpoint: hub.origin }).resolve(hubFile('model.bin'));
  expect(resolved.sha256).toBe(sha256(weights));
  expect(storage.requests).toHaveLength(0);
});

test('where there are no links, bytes that no one vouches for are not taken', async () => {
  const folder = await temporaryFolder();
  const repository = join(folder, 'hf', 'hub', 'models--voices--tiny');
  await mkdir(join(repository, 'snapshots', commitA), { recursive: true });
  await mkdir(join(repository, 'refs'));
  await writeFile(join(repository, 'refs', 'main'), commitA);
  await writeFile(join(repository, 'snapshots', commitA, 'model.bin'), 'cut off');
  const offline = testStore(folder, { offline: true });
  expect(isSpeechTokensError(await failureOf(offline.resolve(hubFile('model.bin'))), 'model-offline')).toBe(true);
  const { hub } = await startHub({ files: { [`${commitA}/model.bin`]: weights } });
  const resolved = await testStore(folder, { hubEndpoint: hub.origin }).resolve(hubFile('model.bin'));
  expect(resolved.sha256).toBe(sha256(weights));
});

test('uses the file where it is, when the cache cannot be written to', async () => {
  const folder = await temporaryFolder();
  const repository = await huggingFaceCache(folder, { [`${commitA}/model.bin`]: weights });
  await writeFile(join(folder, 'a-file'), '');
  const store = testStore(folder, { offline: true, cacheDirectory: join(folder, 'a-file', 'cache') });
  const resolved = await store.resolve(hubFile('model.bin', {}, commitA));
  expect(resolved.path).toBe(join(repository, 'blobs', sha256(weights)));
});
