import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isSpeechTokensError, type Progress } from '../../src/index.ts';
import { commitA, commitB, hubFile, sha256, someBytes, startHub } from './helpers/local-hub.ts';
import { startServer } from './helpers/local-server.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';
import { failureOf, testStore } from './helpers/test-store.ts';

const weights = someBytes(300_000);
const config = new TextEncoder().encode('{"rate":16000}');

test('downloads a large file and keeps it under its own name, in the folder of its commit', async () => {
  const folder = await temporaryFolder();
  const { hub, storage } = await startHub({ files: { [`${commitA}/deep/model.safetensors`]: weights } });
  const store = testStore(folder, { hubEndpoint: hub.origin });
  const seen: Progress[] = [];
  const resolved = await store.resolve(hubFile('deep/model.safetensors'), { onProgress: (step) => seen.push(step) });
  const path = join(folder, 'cache', 'hub', 'voices--tiny', commitA, 'deep', 'model.safetensors');
  expect(resolved).toEqual({ path, sha256: sha256(weights), sizeBytes: weights.length });
  expect(new Uint8Array(await readFile(path))).toEqual(weights);
  expect(seen.at(-1)).toEqual({
    stage: 'Downloading model.safetensors',
    done: weights.length,
    total: weights.length,
    unit: 'bytes',
  });
  expect(seen.map((step) => step.done)).toEqual(seen.map((step) => step.done).sort((a, b) => a - b));
  expect(storage.sent('GET')).toHaveLength(1);
});

test('needs no network for a file that it has, in a new store and offline', async () => {
  const folder = await temporaryFolder();
  const { hub, storage } = await startHub({ files: { [`${commitA}/model.bin`]: weights } });
  const first = await testStore(folder, { hubEndpoint: hub.origin }).resolve(hubFile('model.bin'));
  const asked = hub.requests.length;
  const again = await testStore(folder, { hubEndpoint: hub.origin }).resolve(hubFile('model.bin'));
  const offline = await testStore(folder, { hubEndpoint: hub.origin, offline: true }).resolve(hubFile('model.bin'));
  expect([again, offline]).toEqual([first, first]);
  expect(hub.requests).toHaveLength(asked);
  expect(storage.requests).toHaveLength(1);
});

test('checks a file of git itself by its git hash', async () => {
  const folder = await temporaryFolder();
  const { hub } = await startHub({ files: { [`${commitA}/config.json`]: config }, inGit: ['config.json'] });
  const resolved = await testStore(folder, { hubEndpoint: hub.origin }).resolve(hubFile('config.json'));
  expect(resolved).toMatchObject({ sha256: sha256(config), sizeBytes: config.length });

  const wrong = await temporaryFolder();
  const liar = await startHub({
    files: { [`${commitA}/config.json`]: config },
    inGit: ['config.json'],
    onDownload: (_, response) => {
      response.end(Buffer.from(config).fill(32));
      return true;
    },
  });
  const error = await failureOf(testStore(wrong, { hubEndpoint: liar.hub.origin }).resolve(hubFile('config.json')));
  expect(isSpeechTokensError(error, 'model-corrupt')).toBe(true);
  expect(error.message).toContain('git blob');
});

test('a branch stays where it was pinned, for all files of the repository, until it is unpinned', async () => {
  const folder = await temporaryFolder();
  const files = {
    [`${commitA}/model.bin`]: weights,
    [`${commitA}/config.json`]: config,
    [`${commitB}/model.bin`]: someBytes(100, 7),
    [`${commitB}/config.json`]: someBytes(50, 8),
  };
  const { hub, branches } = await startHub({ files });
  const store = testStore(folder, { hubEndpoint: hub.origin });
  await store.resolve(hubFile('model.bin'));
  branches.main = commitB;
  expect((await store.resolve(hubFile('model.bin'))).sizeBytes).toBe(weights.length);
  const sibling = await testStore(folder, { hubEndpoint: hub.origin }).resolve(hubFile('config.json'));
  expect(sibling.sha256).toBe(sha256(config));
  expect(await store.pins()).toEqual([
    { repository: 'voices/tiny', revision: 'main', commit: commitA, pinnedAt: expect.any(String) },
  ]);
  const pins = JSON.parse(await readFile(join(folder, 'cache', 'pins.json'), 'utf8'));
  expect(pins.files[`voices/tiny@${commitA}:model.bin`]).toEqual({
    sha256: sha256(weights),
    sizeBytes: weights.length,
  });

  expect(await store.unpin('voices/tiny', 'main')).toBe(true);
  expect(await store.unpin('voices/tiny', 'main')).toBe(false);
  const moved = await store.resolve(hubFile('model.bin'));
  expect(moved.path).toContain(commitB);
  expect(moved.sizeBytes).toBe(100);
});

test('two files of a branch that moves in between come from the same commit', async () => {
  const folder = await temporaryFolder();
  const files = {
    [`${commitA}/a.bin`]: someBytes(10, 1),
    [`${commitA}/b.bin`]: someBytes(10, 2),
    [`${commitB}/b.bin`]: someBytes(10, 3),
  };
  const { hub, branches } = await startHub({ files });
  let store = testStore(folder, { hubEndpoint: hub.origin });
  const other = testStore(folder, { hubEndpoint: hub.origin });
  // By the time that the user has agreed to the second file, another process has pinned the branch elsewhere.
  branches.main = commitB;
  store = testStore(folder, {
    hubEndpoint: hub.origin,
    consent: async () => {
      branches.main = commitA;
      await other.resolve(hubFile('a.bin'));
      return true;
    },
  });
  const resolved = await store.resolve(hubFile('b.bin'));
  expect(resolved.path).toContain(commitA);
  expect(resolved.sha256).toBe(sha256(someBytes(10, 2)));
});

test('sends the token to the hub and not to the storage', async () => {
  const folder = await temporaryFolder();
  const { hub, storage } = await startHub({ files: { [`${commitA}/model.bin`]: weights } });
  const environment = { HF_HOME: folder, HF_TOKEN: 'hf_secret', HF_ENDPOINT: `${hub.origin}/` };
  await testStore(folder, { environment }).resolve(hubFile('model.bin'));
  expect(hub.requests.map((request) => request.headers.authorization)).toEqual([
    'Bearer hf_secret',
    'Bearer hf_secret',
  ]);
  expect(storage.requests.map((request) => request.headers.authorization)).toEqual([undefined]);
});

test('never gives the token back to a request that has left the hub', async () => {
  const folder = await temporaryFolder();
  const { hub } = await startHub({
    files: { [`${commitA}/model.bin`]: weights },
    onHub: (request, response) => {
      if (request.path !== '/again') return false;
      response.end(Buffer.from(weights));
      return true;
    },
    onDownload: (_, response) => {
      response.writeHead(302, { location: `${hub.origin}/again` }).end();
      return true;
    },
  });
  await testStore(folder, { hubEndpoint: hub.origin, hubToken: 'secret' }).resolve(hubFile('model.bin'));
  const again = hub.requests.find((request) => request.path === '/again');
  expect(again?.headers.authorization).toBeUndefined();
});

test('an https file gets no token of the hub', async () => {
  const folder = await temporaryFolder();
  const server = await startServer((_, response) => void response.end('abc'));
  const store = testStore(folder, { hubEndpoint: 'https://hub.invalid', hubToken: 'secret' });
  await store.resolve({ name: 'x', licence: 'MIT', source: { type: 'https', url: `${server.origin}/x` } });
  expect(server.requests.map((request) => request.headers.authorization)).toEqual([undefined]);
});

test('takes the token from the file of Hugging Face’s own tools', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'token'), 'from-file\n');
  const { hub } = await startHub({ files: { [`${commitA}/model.bin`]: weights } });
  const store = testStore(folder, { hubEndpoint: hub.origin, environment: { HF_HOME: folder } });
  await store.resolve(hubFile('model.bin'));
  expect(hub.requests[0]?.headers.authorization).toBe('Bearer from-file');
});

test('follows a renamed repository', async () => {
  const folder = await temporaryFolder();
  const { hub } = await startHub({
    files: { [`${commitA}/model.bin`]: weights },
    onHub: (request, response) => {
      if (!request.path.startsWith('/old/name/')) return false;
      response.writeHead(307, { location: request.path.replace('/old/name/', '/voices/tiny/') }).end();
      return true;
    },
  });
  const file = hubFile('model.bin');
  const source = { ...file.source, repository: 'old/name' };
  const resolved = await testStore(folder, { hubEndpoint: hub.origin }).resolve({ ...file, source } as typeof file);
  expect(resolved.sha256).toBe(sha256(weights));
  expect(resolved.path).toContain('old--name');
});

test('writes a branch with a slash as one part of the address', async () => {
  const folder = await temporaryFolder();
  const { hub } = await startHub({
    files: { [`${commitA}/a b.bin`]: weights },
    branches: { 'refs/pr/1': commitA },
  });
  const store = testStore(folder, { hubEndpoint: hub.origin });
  await store.resolve(hubFile('a b.bin', {}, 'refs/pr/1'));
  expect(hub.requests[0]?.path).toBe('/voices/tiny/resolve/refs%2Fpr%2F1/a%20b.bin');
});

test('a declared hash that the hub contradicts fails before anyone is asked and anything is downloaded', async () => {
  const folder = await temporaryFolder();
  const { hub, storage } = await startHub({ files: { [`${commitA}/model.bin`]: weights } });
  const consent = (): Promise<boolean> => Promise.reject(new Error('asked'));
  const store = testStore(folder, { hubEndpoint: hub.origin, consent });
  const error = await failureOf(store.resolve(hubFile('model.bin', { sha256: '0'.repeat(64) })));
  expect(isSpeechTokensError(error, 'model-corrupt') && error.details).toMatchObject({
    foundSha256: sha256(weights),
    wantedSha256: '0'.repeat(64),
  });
  expect(storage.requests).toHaveLength(0);
});

test('refuses a server that does not answer as a hub does', async () => {
  const folder = await temporaryFolder();
  const server = await startServer((_, response) => void response.end('welcome'));
  const error = await failureOf(testStore(folder, { hubEndpoint: server.origin }).resolve(hubFile('model.bin')));
  expect(isSpeechTokensError(error, 'model-download')).toBe(true);
  expect(error.message).toContain('x-repo-commit');
});

test.each([
  ['../model.bin', 'source.file'],
  ['a/../../model.bin', 'source.file'],
  ['/etc/passwd', 'source.file'],
  ['a\\..\\b', 'source.file'],
  ['C:evil', 'source.file'],
  ['a//b', 'source.file'],
  ['nul', 'source.file'],
  ['', 'source.file'],
])('refuses the file name %j', async (file, argument) => {
  const folder = await temporaryFolder();
  const error = await failureOf(testStore(folder, { hubEndpoint: 'http://127.0.0.1:9' }).resolve(hubFile(file)));
  expect(isSpeechTokensError(error, 'argument-invalid') && error.details.argument).toBe(argument);
  expect(await stat(join(folder, 'cache')).catch(() => undefined)).toBeUndefined();
});

test.each(['..', 'a/../b', 'a', '../..', 'a/b/c', 'a--b/c', 'x/.'])('the repository name %j', async (repository) => {
  const folder = await temporaryFolder();
  const file = { ...hubFile('model.bin'), source: { ...hubFile('model.bin').source, repository } };
  const error = await failureOf(
    testStore(folder, { offline: true, hubEndpoint: 'http://127.0.0.1:9' }).resolve(file as never),
  );
  // A repository without an organisation is allowed, and then not to be had offline.
  const code = repository === 'a' ? 'model-offline' : 'argument-invalid';
  expect(isSpeechTokensError(error, code), error.message).toBe(true);
});
