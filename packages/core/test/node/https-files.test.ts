import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { isSpeechTokensError } from '../../src/index.ts';
import { sha256, someBytes } from './helpers/local-hub.ts';
import { sendBytes, startServer } from './helpers/local-server.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';
import { failureOf, testStore } from './helpers/test-store.ts';

test('downloads once, follows a redirect, and keeps the name of the address', async () => {
  const folder = await temporaryFolder();
  const bytes = someBytes(1000);
  const server = await startServer((request, response) => {
    if (request.path === '/voice%20one.bin?x=1') response.writeHead(301, { location: '/else/where' }).end();
    else sendBytes(request, response, bytes);
  });
  const url = `${server.origin}/voice%20one.bin?x=1`;
  const file = { name: 'v', licence: 'MIT', source: { type: 'https', url }, sha256: sha256(bytes) } as const;
  const resolved = await testStore(folder).resolve(file);
  expect(basename(resolved.path)).toBe('voice one.bin');
  expect(await testStore(folder, { offline: true }).resolve(file)).toEqual(resolved);
  expect(server.requests).toHaveLength(2);
});

test('without a declared hash, the first bytes are pinned', async () => {
  const folder = await temporaryFolder();
  let bytes = someBytes(1000);
  const server = await startServer((request, response) => sendBytes(request, response, bytes));
  const url = `${server.origin}/model.bin`;
  const file = { name: 'model.bin', licence: 'MIT', source: { type: 'https', url } } as const;
  const store = testStore(folder);
  const { path } = await store.resolve(file);

  // The file is broken on the disk, and the server has another one by now: that is not taken for the same file.
  await writeFile(path, 'broken');
  bytes = someBytes(1000, 2);
  const error = await failureOf(store.resolve(file));
  expect(isSpeechTokensError(error, 'model-corrupt') && error.details.wantedSha256).toBe(sha256(someBytes(1000)));
  expect(await readFile(path, 'utf8')).toBe('broken');

  const [listed] = await store.list();
  await store.remove(listed!);
  expect((await store.resolve(file)).sha256).toBe(sha256(bytes));
});

test('a declared hash that contradicts the pinned one is an error', async () => {
  const folder = await temporaryFolder();
  const server = await startServer((request, response) => sendBytes(request, response, someBytes(10)));
  const source = { type: 'https', url: `${server.origin}/x` } as const;
  await testStore(folder).resolve({ name: 'x', licence: 'MIT', source });
  const declared = { name: 'x', licence: 'MIT', source, sha256: '1'.repeat(64) };
  const error = await failureOf(testStore(folder).resolve(declared));
  expect(isSpeechTokensError(error, 'model-corrupt')).toBe(true);
  expect(server.requests).toHaveLength(1);
});

test('a body of no known length or hash is taken as it comes', async () => {
  const folder = await temporaryFolder();
  const server = await startServer((_, response) => {
    response.write('part one, ', () => response.end('part two'));
  });
  const source = { type: 'https', url: `${server.origin}/x` } as const;
  const { path } = await testStore(folder).resolve({ name: 'x', licence: 'MIT', source });
  expect(await readFile(path, 'utf8')).toBe('part one, part two');
});

test('an empty file is a file', async () => {
  const folder = await temporaryFolder();
  const server = await startServer((request, response) => sendBytes(request, response, new Uint8Array()));
  const source = { type: 'https', url: `${server.origin}/empty` } as const;
  const resolved = await testStore(folder).resolve({ name: 'x', licence: 'MIT', source, sizeBytes: 0 });
  expect(resolved.sizeBytes).toBe(0);
});

test('an address that is none is refused', async () => {
  const folder = await temporaryFolder();
  const source = { type: 'https', url: 'not an address' } as const;
  const error = await failureOf(testStore(folder).resolve({ name: 'x', licence: 'MIT', source }));
  expect(isSpeechTokensError(error, 'argument-invalid')).toBe(true);
});
