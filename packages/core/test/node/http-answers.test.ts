import { expect, test } from 'vitest';
import { isSpeechTokensError } from '../../src/index.ts';
import { retryAfterMs } from '../../src/node/models/http-errors.ts';
import { commitA, hubFile, sha256, someBytes, startHub } from './helpers/local-hub.ts';
import { startServer } from './helpers/local-server.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';
import { failureOf, testStore } from './helpers/test-store.ts';

const weights = someBytes(1000);
const files = { [`${commitA}/model.bin`]: weights };

test.each([
  [401, undefined, undefined, /Set HF_TOKEN to an access token/],
  [401, 'GatedRepo', undefined, /Agree to the terms at .*\/voices\/tiny, and set HF_TOKEN/],
  [401, undefined, 'token', /Check that HF_TOKEN is valid/],
  [403, undefined, 'token', /Agree to the terms at .*with the account of your HF_TOKEN/],
  [404, 'RepoNotFound', undefined, /Check the name of the repository \(voices\/tiny\)/],
  [404, 'EntryNotFound', undefined, /Check the name of the file \(model\.bin\)/],
  [404, 'RevisionNotFound', undefined, /Check the revision \(main\)/],
  [404, undefined, undefined, /repository \(voices\/tiny\), of the file \(model\.bin\) and of the revision \(main\)/],
])('the answer %i %s fails at once and says what to do', async (status, code, hubToken, remedy) => {
  const folder = await temporaryFolder();
  const server = await startServer((_, response) => {
    response.writeHead(status, code === undefined ? {} : { 'x-error-code': code }).end();
  });
  const store = testStore(folder, { hubEndpoint: server.origin, ...(hubToken !== undefined && { hubToken }) });
  const error = await failureOf(store.resolve(hubFile('model.bin')));
  expect(isSpeechTokensError(error, 'model-download') && error.details.status).toBe(status);
  expect(error.message).toMatch(remedy);
  expect(server.requests).toHaveLength(1);
});

test.each([429, 500, 502, 503, 504])('the answer %i is tried again, for question and download', async (status) => {
  const folder = await temporaryFolder();
  const { hub, storage } = await startHub({
    files,
    onHub: (_, response, count) => {
      if (count > 1) return false;
      response.writeHead(status).end();
      return true;
    },
    onDownload: (_, response, __, count) => {
      if (count > 1) return false;
      response.writeHead(status).end('later');
      return true;
    },
  });
  const resolved = await testStore(folder, { hubEndpoint: hub.origin }).resolve(hubFile('model.bin'));
  expect(resolved.sha256).toBe(sha256(weights));
  expect(hub.sent('HEAD')).toHaveLength(2);
  expect(storage.sent('GET')).toHaveLength(2);
});

test('waits as long as the server asks', async () => {
  const folder = await temporaryFolder();
  const times: number[] = [];
  const { hub } = await startHub({
    files,
    onHub: (_, response, count) => {
      times.push(performance.now());
      if (count > 1) return false;
      response.writeHead(429, { 'retry-after': '0.15' }).end();
      return true;
    },
  });
  await testStore(folder, { hubEndpoint: hub.origin }).resolve(hubFile('model.bin'));
  // Without the header the wait would be 2 ms at most; a slow machine only makes it longer.
  expect(times[1]! - times[0]!).toBeGreaterThan(140);
});

test('fails at once where the server asks for too long a wait, and says for how long', async () => {
  const folder = await temporaryFolder();
  const server = await startServer((_, response) => void response.writeHead(429, { 'retry-after': '3600' }).end());
  const error = await failureOf(testStore(folder, { hubEndpoint: server.origin }).resolve(hubFile('model.bin')));
  expect(isSpeechTokensError(error, 'model-download') && error.details).toMatchObject({
    status: 429,
    retryAfterSeconds: 3600,
  });
  expect(error.message).toContain('Wait 3600 s');
  expect(server.requests).toHaveLength(1);
});

test('reads both forms of Retry-After', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  expect(retryAfterMs('7', now)).toBe(7000);
  expect(retryAfterMs('Thu, 01 Jan 2026 00:00:30 GMT', now)).toBe(30_000);
  expect(retryAfterMs('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0);
  expect(retryAfterMs('soon', now)).toBeUndefined();
  expect(retryAfterMs(null, now)).toBeUndefined();
});

test('an endless chain of redirects ends', async () => {
  const folder = await temporaryFolder();
  const server = await startServer((request, response) => {
    response.writeHead(302, { location: `${request.path}x` }).end();
  });
  const source = { type: 'https', url: `${server.origin}/a` } as const;
  const error = await failureOf(testStore(folder).resolve({ name: 'a', licence: 'MIT', source }));
  expect(isSpeechTokensError(error, 'model-download')).toBe(true);
  expect(error.message).toContain('more than 10 redirects');
  expect(server.requests).toHaveLength(11);
});

test.each([
  ['http://example.org/x', 'an https address'],
  ['ftp://example.org/x', 'an https address'],
  ['file:///etc/passwd', 'an https address'],
])('refuses the address %s', async (url, wanted) => {
  const folder = await temporaryFolder();
  const error = await failureOf(
    testStore(folder).resolve({ name: 'x', licence: 'MIT', source: { type: 'https', url } }),
  );
  expect(isSpeechTokensError(error, 'model-download')).toBe(true);
  expect(error.message).toContain(wanted);
});

test.each(['http://example.org/x', 'file:///etc/passwd', 'data:text/plain,x', 'http://user:pass@127.0.0.1/x'])(
  'refuses a redirect to %s',
  async (location) => {
    const folder = await temporaryFolder();
    const server = await startServer((_, response) => void response.writeHead(302, { location }).end());
    const source = { type: 'https', url: `${server.origin}/a` } as const;
    const error = await failureOf(testStore(folder).resolve({ name: 'a', licence: 'MIT', source }));
    expect(isSpeechTokensError(error, 'model-download'), error.message).toBe(true);
    expect(error.message).not.toContain('user:pass');
    expect(server.requests).toHaveLength(1);
  },
);

test('does not let an https server lead to this machine', async () => {
  const folder = await temporaryFolder();
  const asked: string[] = [];
  const fetch = async (url: unknown): Promise<Response> => {
    asked.push(String(url));
    return new Response(null, { status: 302, headers: { location: 'http://127.0.0.1:1/secret' } });
  };
  const source = { type: 'https', url: 'https://example.org/a' } as const;
  const store = testStore(folder, { fetch: fetch as typeof globalThis.fetch });
  const error = await failureOf(store.resolve({ name: 'a', licence: 'MIT', source }));
  expect(isSpeechTokensError(error, 'model-download')).toBe(true);
  expect(asked).toEqual(['https://example.org/a']);
});

test('a fetch that ignores signals can be aborted', async () => {
  const folder = await temporaryFolder();
  const controller = new AbortController();
  const fetch = (): Promise<Response> => {
    setTimeout(() => controller.abort('enough'), 1);
    return new Promise(() => undefined);
  };
  const source = { type: 'https', url: 'https://example.org/a' } as const;
  const store = testStore(folder, { fetch });
  await expect(store.resolve({ name: 'a', licence: 'MIT', source }, { signal: controller.signal })).rejects.toBe(
    'enough',
  );
});
