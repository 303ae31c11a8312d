import { readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isSpeechTokensError } from '../../src/index.ts';
import { type ConsentRequest, createModelStore } from '../../src/node/index.ts';
import { platformCacheDirectory } from '../../src/node/models/store-options.ts';
import { commitA, hubFile, sha256, someBytes, startHub } from './helpers/local-hub.ts';
import { sendBytes, startServer } from './helpers/local-server.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';
import { failureOf, testStore } from './helpers/test-store.ts';

const weights = someBytes(1000);
const files = { [`${commitA}/model.bin`]: weights };
const file = hubFile('model.bin', { licence: 'CC-BY-4.0' });

test('asks before a download, with size, licence and address', async () => {
  const folder = await temporaryFolder();
  const { hub } = await startHub({ files });
  const asked: ConsentRequest[] = [];
  const consent = async (request: ConsentRequest): Promise<boolean> => asked.push(request) > 0;
  const store = testStore(folder, { hubEndpoint: hub.origin, consent });
  await store.resolve(file);
  await store.resolve(file);
  const url = `${hub.origin}/voices/tiny/resolve/main/model.bin`;
  expect(asked).toEqual([{ url, sizeBytes: weights.length, licence: 'CC-BY-4.0', name: 'model.bin' }]);
});

test('a no is an error, and nothing was downloaded or pinned', async () => {
  const folder = await temporaryFolder();
  const { hub, storage } = await startHub({ files });
  const store = testStore(folder, { hubEndpoint: hub.origin, consent: async () => false });
  const error = await failureOf(store.resolve(file));
  expect(isSpeechTokensError(error, 'model-consent') && error.details).toMatchObject({
    sizeBytes: weights.length,
    licence: 'CC-BY-4.0',
  });
  expect(error.message).toContain('the answer no');
  expect(storage.requests).toHaveLength(0);
  expect(await store.pins()).toEqual([]);
  expect(await store.list()).toEqual([]);
});

test('an https file needs consent, too', async () => {
  const folder = await temporaryFolder();
  const server = await startServer((request, response) => sendBytes(request, response, weights));
  const store = testStore(folder, { consent: async () => false });
  const source = { type: 'https', url: `${server.origin}/x` } as const;
  const error = await failureOf(store.resolve({ name: 'x', licence: 'MIT', source }));
  expect(isSpeechTokensError(error, 'model-consent')).toBe(true);
  expect(server.requests).toHaveLength(0);
});

test('without anyone to ask, not even the hub is asked, and the error says how to agree', async () => {
  const folder = await temporaryFolder();
  const { hub } = await startHub({ files });
  const store = createModelStore({ cacheDirectory: folder, environment: { HF_HOME: folder }, hubEndpoint: hub.origin });
  const error = await failureOf(store.resolve(file));
  expect(isSpeechTokensError(error, 'model-consent')).toBe(true);
  expect(error.message).toContain('speech-tokens models pull');
  expect(hub.requests).toHaveLength(0);
});

test('a question that is never answered can be aborted', async () => {
  const folder = await temporaryFolder();
  const { hub } = await startHub({ files });
  const controller = new AbortController();
  const consent = (): Promise<boolean> => {
    controller.abort('closed');
    return new Promise(() => undefined);
  };
  const store = testStore(folder, { hubEndpoint: hub.origin, consent });
  await expect(store.resolve(file, { signal: controller.signal })).rejects.toBe('closed');
});

test.each([
  [{ SPEECH_TOKENS_OFFLINE: '1' }, true],
  [{ HF_HUB_OFFLINE: 'true' }, true],
  [{ SPEECH_TOKENS_OFFLINE: '0' }, false],
  [{}, false],
])('with %j, offline is %s', async (environment, isOffline) => {
  const folder = await temporaryFolder();
  const { hub } = await startHub({ files });
  const store = testStore(folder, { hubEndpoint: hub.origin, environment: { HF_HOME: folder, ...environment } });
  expect(store.isOffline).toBe(isOffline);
  if (!isOffline) return;
  const error = await failureOf(store.resolve(file));
  expect(isSpeechTokensError(error, 'model-offline') && error.details.url).toContain('/voices/tiny/resolve/main/');
  expect(hub.requests).toHaveLength(0);
});

test('a broken file is kept while offline, and fetched again online', async () => {
  const folder = await temporaryFolder();
  const { hub, storage } = await startHub({ files });
  const { path } = await testStore(folder, { hubEndpoint: hub.origin }).resolve(file);
  await writeFile(path, 'broken');
  const error = await failureOf(testStore(folder, { hubEndpoint: hub.origin, offline: true }).resolve(file));
  expect(isSpeechTokensError(error, 'model-corrupt')).toBe(true);
  expect(await readFile(path, 'utf8')).toBe('broken');
  const mended = await testStore(folder, { hubEndpoint: hub.origin }).resolve(file);
  expect(sha256(await readFile(mended.path))).toBe(sha256(weights));
  expect(storage.requests).toHaveLength(2);
});

test('the cache is where the environment says, or where the platform wants it', () => {
  const explicit = createModelStore({ environment: { SPEECH_TOKENS_CACHE: '/somewhere/models' } });
  expect(explicit.cacheDirectory).toBe(join('/somewhere', 'models'));
  expect(platformCacheDirectory({ XDG_CACHE_HOME: '/x' }, 'linux', '/h')).toBe(join('/x', 'speech-tokens'));
  expect(platformCacheDirectory({}, 'linux', '/h')).toBe(join('/h', '.cache', 'speech-tokens'));
  expect(platformCacheDirectory({}, 'darwin', '/h')).toBe(join('/h', 'Library', 'Caches', 'speech-tokens'));
  expect(platformCacheDirectory({ LOCALAPPDATA: '/l' }, 'win32', '/h')).toBe(join('/l', 'speech-tokens', 'Cache'));
  expect(createModelStore({ environment: {} }).cacheDirectory.startsWith(homedir())).toBe(true);
});

test('a hub address that is none is refused at once', () => {
  expect(() => createModelStore({ environment: { HF_ENDPOINT: 'hub' } })).toThrow(/HF_ENDPOINT/);
});
