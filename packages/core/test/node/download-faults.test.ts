import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isSpeechTokensError } from '../../src/index.ts';
import { commitA, hubFile, sha256, someBytes, startHub } from './helpers/local-hub.ts';
import { createDrops, sendBytes, startServer } from './helpers/local-server.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';
import { failureOf, testStore } from './helpers/test-store.ts';

const weights = someBytes(400_000);
const files = { [`${commitA}/model.bin`]: weights };
const file = hubFile('model.bin');

async function leftovers(folder: string, part: string): Promise<readonly string[]> {
  return readdir(join(folder, 'cache', part)).catch(() => []);
}

test('a connection that drops in the body goes on from there', async () => {
  const folder = await temporaryFolder();
  const drops = createDrops();
  const { hub, storage } = await startHub({
    files,
    onDownload: (request, response, bytes, count) => {
      const etag = '"v1"';
      if (count < 6) drops.send(request, response, bytes, 60_000, { etag });
      else sendBytes(request, response, bytes, { etag });
      return true;
    },
  });
  const { path } = await testStore(folder, { hubEndpoint: hub.origin }).resolve(file, drops);
  expect(sha256(await readFile(path))).toBe(sha256(weights));
  // Five drops are more than the three tries allowed: each brought something, so none counted.
  expect(storage.requests).toHaveLength(6);
  expect(storage.requests.map((request) => request.headers.range)).toEqual([
    undefined,
    'bytes=60000-',
    'bytes=120000-',
    'bytes=180000-',
    'bytes=240000-',
    'bytes=300000-',
  ]);
  expect(storage.requests[5]?.headers['if-range']).toBe('"v1"');
  expect(await leftovers(folder, 'parts')).toEqual([]);
  expect((await leftovers(folder, 'locks')).filter((name) => name !== 'pins.lock')).toEqual([]);
});

test('a server that always drops before the first byte is given up after the allowed tries', async () => {
  const folder = await temporaryFolder();
  const { hub, storage } = await startHub({
    files,
    onDownload: (_, response) => {
      response.destroy();
      return true;
    },
  });
  const error = await failureOf(testStore(folder, { hubEndpoint: hub.origin }).resolve(file));
  expect(isSpeechTokensError(error, 'model-download') && error.details.status).toBeUndefined();
  expect(isSpeechTokensError(error, 'model-download')).toBe(true);
  expect(storage.requests).toHaveLength(3);
});

test('a server that ignores ranges and always drops is given up, too', async () => {
  const folder = await temporaryFolder();
  const drops = createDrops();
  const { hub, storage } = await startHub({
    files,
    onDownload: (request, response, bytes) => {
      drops.send(request, response, bytes, 60_000, { ignoreRange: true });
      return true;
    },
  });
  const error = await failureOf(testStore(folder, { hubEndpoint: hub.origin }).resolve(file, drops));
  expect(isSpeechTokensError(error, 'model-download')).toBe(true);
  // The first brought something new, the others did not.
  expect(storage.requests).toHaveLength(3);
});

test('starts over where the server ignores the range', async () => {
  const folder = await temporaryFolder();
  const drops = createDrops();
  const { hub, storage } = await startHub({
    files,
    onDownload: (request, response, bytes, count) => {
      if (count === 1) drops.send(request, response, bytes, 90_000);
      else sendBytes(request, response, bytes, { ignoreRange: true });
      return true;
    },
  });
  const { path } = await testStore(folder, { hubEndpoint: hub.origin }).resolve(file, drops);
  expect(sha256(await readFile(path))).toBe(sha256(weights));
  expect(storage.requests.map((request) => request.headers.range)).toEqual([undefined, 'bytes=90000-']);
});

test('starts over where the file has changed between two parts', async () => {
  const folder = await temporaryFolder();
  const old = someBytes(400_000, 99);
  const drops = createDrops();
  const server = await startServer((request, response) => {
    if (server.requests.length === 1) drops.send(request, response, old, 90_000, { etag: '"old"' });
    else sendBytes(request, response, weights, { etag: '"new"' });
  });
  const source = { type: 'https', url: `${server.origin}/model.bin` } as const;
  const { path } = await testStore(folder).resolve({ name: 'model.bin', licence: 'MIT', source }, drops);
  expect(sha256(await readFile(path))).toBe(sha256(weights));
  expect(server.requests[1]?.headers['if-range']).toBe('"old"');
});

test('starts over where a rest has another tag, though the server took the range', async () => {
  const folder = await temporaryFolder();
  const old = someBytes(400_000, 99);
  const drops = createDrops();
  const server = await startServer((request, response) => {
    // A server that knows nothing of `If-Range`.
    const careless = { ...request, headers: { ...request.headers, 'if-range': undefined } };
    if (server.requests.length === 1) drops.send(careless, response, old, 90_000, { etag: '"old"' });
    else sendBytes(careless, response, weights, { etag: '"new"' });
  });
  const source = { type: 'https', url: `${server.origin}/model.bin` } as const;
  const { path } = await testStore(folder).resolve({ name: 'model.bin', licence: 'MIT', source }, drops);
  expect(sha256(await readFile(path))).toBe(sha256(weights));
  expect(server.requests.map((request) => request.headers.range !== undefined)).toEqual([false, true, false]);
});

test('does not join parts of an address whose versions have no tag', async () => {
  const folder = await temporaryFolder();
  const server = await startServer((request, response) => {
    sendBytes(request, response, weights, server.requests.length === 1 ? { stallAfterBytes: 90_000 } : {});
  });
  const source = { type: 'https', url: `${server.origin}/model.bin` } as const;
  const modelFile = { name: 'model.bin', licence: 'MIT', source };
  const controller = new AbortController();
  const onProgress = ({ done }: { readonly done: number }): void => {
    if (done === 90_000) controller.abort();
  };
  await failureOf(testStore(folder).resolve(modelFile, { signal: controller.signal, onProgress }));
  const { path } = await testStore(folder).resolve(modelFile);
  expect(sha256(await readFile(path))).toBe(sha256(weights));
  expect(server.requests.map((request) => request.headers.range)).toEqual([undefined, undefined]);
});

test('wrong bytes are deleted and fetched once more', async () => {
  const folder = await temporaryFolder();
  const { hub, storage } = await startHub({
    files,
    onDownload: (request, response, bytes, count) => {
      sendBytes(request, response, count === 1 ? someBytes(bytes.length, 5) : bytes);
      return true;
    },
  });
  const { path } = await testStore(folder, { hubEndpoint: hub.origin }).resolve(file);
  expect(sha256(await readFile(path))).toBe(sha256(weights));
  expect(storage.requests).toHaveLength(2);
});

test('bytes that are wrong twice are an error and leave nothing behind', async () => {
  const folder = await temporaryFolder();
  const wrong = someBytes(weights.length, 5);
  const { hub, storage } = await startHub({
    files,
    onDownload: (request, response) => {
      sendBytes(request, response, wrong);
      return true;
    },
  });
  const error = await failureOf(testStore(folder, { hubEndpoint: hub.origin }).resolve(file));
  expect(isSpeechTokensError(error, 'model-corrupt') && error.details).toMatchObject({
    foundSha256: sha256(wrong),
    wantedSha256: sha256(weights),
  });
  expect(storage.requests).toHaveLength(2);
  expect(await leftovers(folder, 'parts')).toEqual([]);
  expect(await leftovers(folder, 'hub')).toEqual([]);
});

test.each([
  ['shorter', weights.length - 1],
  ['longer', weights.length + 1],
])('a file that is %s than the hub said is wrong', async (_, length) => {
  const folder = await temporaryFolder();
  const { hub, storage } = await startHub({
    files,
    onDownload: (request, response) => {
      sendBytes(request, response, someBytes(length));
      return true;
    },
  });
  const error = await failureOf(testStore(folder, { hubEndpoint: hub.origin }).resolve(file));
  expect(isSpeechTokensError(error, 'model-corrupt'), error.message).toBe(true);
  expect(storage.requests).toHaveLength(2);
});

test('a body without a length that is too long is cut off', async () => {
  const folder = await temporaryFolder();
  let written = 0;
  const { hub } = await startHub({
    files,
    onDownload: (_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(new Uint8Array(65_536))) written += 65_536;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
      return true;
    },
  });
  const error = await failureOf(testStore(folder, { hubEndpoint: hub.origin }).resolve(file));
  expect(isSpeechTokensError(error, 'model-corrupt'), error.message).toBe(true);
  expect(written).toBeLessThan(200e6);
});

test('a body without a length that ends early is taken up again', async () => {
  const folder = await temporaryFolder();
  const { hub, storage } = await startHub({
    files,
    onDownload: (request, response, bytes, count) => {
      // In two calls, so that the length is not known when the head goes out.
      if (count === 1) response.write(bytes.subarray(0, 70_000), () => response.end());
      else sendBytes(request, response, bytes);
      return true;
    },
  });
  const { path } = await testStore(folder, { hubEndpoint: hub.origin }).resolve(file);
  expect(sha256(await readFile(path))).toBe(sha256(weights));
  expect(storage.requests[1]?.headers.range).toBe('bytes=70000-');
});

test('a stalled connection is given up and taken up again', async () => {
  const folder = await temporaryFolder();
  const { hub, storage } = await startHub({
    files,
    onDownload: (request, response, bytes, count) => {
      sendBytes(request, response, bytes, count === 1 ? { stallAfterBytes: 50_000 } : {});
      return true;
    },
  });
  // A slow machine may take other connections for stalled, too: they are tried again like this one.
  const store = testStore(folder, { hubEndpoint: hub.origin, stallTimeoutMs: 250, retry: { attempts: 20 } });
  const { path } = await store.resolve(file);
  expect(sha256(await readFile(path))).toBe(sha256(weights));
  expect(storage.requests.length).toBeGreaterThan(1);
});

test('a hub that never answers is an error that says so', async () => {
  const folder = await temporaryFolder();
  const server = await startServer(() => undefined);
  const store = testStore(folder, { hubEndpoint: server.origin, stallTimeoutMs: 60, retry: { attempts: 2 } });
  const error = await failureOf(store.resolve(file));
  expect(isSpeechTokensError(error, 'model-download')).toBe(true);
  expect(error.message).toContain('no data for 0.06 s');
  expect(server.requests).toHaveLength(2);
});

test('an unreachable hub is an error that names the fault', async () => {
  const folder = await temporaryFolder();
  const error = await failureOf(testStore(folder, { hubEndpoint: 'http://127.0.0.1:1' }).resolve(file));
  expect(isSpeechTokensError(error, 'model-download')).toBe(true);
  expect(error.message).toMatch(/ECONNREFUSED|bad port/);
});

test('an abort rejects with the reason itself and keeps what has arrived', async () => {
  const folder = await temporaryFolder();
  const { hub, storage } = await startHub({
    files,
    onDownload: (request, response, bytes, count) => {
      sendBytes(request, response, bytes, count === 1 ? { stallAfterBytes: 50_000 } : {});
      return true;
    },
  });
  const store = testStore(folder, { hubEndpoint: hub.origin });
  const controller = new AbortController();
  const reason = new Error('no more');
  const error = await failureOf(
    store.resolve(file, {
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done === 50_000) controller.abort(reason);
      },
    }),
  );
  expect(error).toBe(reason);
  const part = join(folder, 'cache', 'parts', `sha256-${sha256(weights)}.part`);
  expect((await stat(part)).size).toBe(50_000);
  expect(await leftovers(folder, 'locks')).toEqual([]);
  expect(await store.list()).toMatchObject([
    { state: 'partial', name: 'model.bin', sizeBytes: 50_000, path: part, source: { type: 'hub' } },
  ]);
  await store.resolve(file);
  expect(storage.requests[1]?.headers.range).toBe('bytes=50000-');
});

test('a signal that has aborted before stops everything', async () => {
  const folder = await temporaryFolder();
  const { hub } = await startHub({ files });
  const reason = { why: 'early' };
  const store = testStore(folder, { hubEndpoint: hub.origin });
  await expect(store.resolve(file, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(hub.requests).toHaveLength(0);
});

test('a full disk is found out before the download', async () => {
  const folder = await temporaryFolder();
  const { hub, storage } = await startHub({ files });
  const store = testStore(folder, { hubEndpoint: hub.origin, freeDiskBytes: async () => 1000 });
  const error = await failureOf(store.resolve(file));
  expect(isSpeechTokensError(error, 'model-disk-space') && error.details).toMatchObject({
    neededBytes: weights.length,
    freeBytes: 1000,
  });
  expect(storage.requests).toHaveLength(0);
});
