import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lockLost, withFileLock } from '../../src/node/models/file-lock.ts';
import { commitA, hubFile, sha256, someBytes, startHub } from './helpers/local-hub.ts';
import { sendBytes } from './helpers/local-server.ts';
import type { ChildMessage, ChildTask } from './helpers/resolve-in-child.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';
import { failureOf, testStore } from './helpers/test-store.ts';

const weights = someBytes(300_000);
const files = { [`${commitA}/model.bin`]: weights };
const file = hubFile('model.bin', {}, commitA);

interface Child {
  readonly process: ChildProcess;
  /** The first message that fits. */
  message<Type extends ChildMessage['type']>(
    type: Type,
    fits?: (message: Extract<ChildMessage, { type: Type }>) => boolean,
  ): Promise<Extract<ChildMessage, { type: Type }>>;
}

function startChild(folder: string, hubEndpoint: string): Child {
  const options = {
    cacheDirectory: join(folder, 'cache'),
    environment: { HF_HOME: join(folder, 'hf') },
    hubEndpoint,
    lock: { heartbeatMs: 50, staleAfterMs: 20_000, pollMs: 5 },
  };
  const task: ChildTask = { options, file };
  const child = fork(new URL('./helpers/resolve-in-child.ts', import.meta.url), [JSON.stringify(task)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const messages: ChildMessage[] = [];
  child.on('message', (message) => messages.push(message as ChildMessage));
  return {
    process: child,
    async message(type, fits = () => true) {
      type Wanted = Extract<ChildMessage, { type: typeof type }>;
      for (;;) {
        const found = messages.find((message): message is Wanted => message.type === type && fits(message as Wanted));
        if (found !== undefined) return found;
        const failed = messages.find((message) => message.type === 'failed');
        if (failed !== undefined) throw new Error(failed.message);
        await once(child, 'message');
      }
    },
  };
}

test('two processes at once download once, and the one that waits says so', async () => {
  const folder = await temporaryFolder();
  let release: () => void = () => undefined;
  const released = new Promise<void>((done) => {
    release = done;
  });
  const { hub, storage } = await startHub({
    files,
    onDownload: async () => {
      await released;
      return false;
    },
  });
  const children = [startChild(folder, hub.origin), startChild(folder, hub.origin)];
  const isWaiting = ({ stage }: { readonly stage: string }): boolean =>
    stage.startsWith('Waiting for another download');
  await Promise.race(children.map((child) => child.message('progress', isWaiting)));
  release();
  const paths = await Promise.all(children.map(async (child) => (await child.message('resolved')).path));
  expect(paths[0]).toBe(paths[1]);
  expect(sha256(await readFile(paths[0]!))).toBe(sha256(weights));
  expect(storage.requests).toHaveLength(1);
});

test('two calls of one store at once download once', async () => {
  const folder = await temporaryFolder();
  const { hub, storage } = await startHub({ files });
  const store = testStore(folder, { hubEndpoint: hub.origin });
  const [one, two] = await Promise.all([store.resolve(file), store.resolve(file)]);
  expect(one).toEqual(two);
  expect(storage.requests).toHaveLength(1);
});

test('the lock and the part of a process that was killed are taken over', async () => {
  const folder = await temporaryFolder();
  const { hub, storage } = await startHub({
    files,
    onDownload: (request, response, bytes, count) => {
      sendBytes(request, response, bytes, { etag: '"v"', ...(count === 1 && { stallAfterBytes: 100_000 }) });
      return true;
    },
  });
  const child = startChild(folder, hub.origin);
  await child.message('progress', ({ done }) => done === 100_000);
  child.process.kill('SIGKILL');
  await once(child.process, 'exit');
  expect(await readdir(join(folder, 'cache', 'locks'))).toHaveLength(1);
  const { path } = await testStore(folder, { hubEndpoint: hub.origin }).resolve(file);
  expect(sha256(await readFile(path))).toBe(sha256(weights));
  expect(storage.requests[1]?.headers.range).toBe('bytes=100000-');
  expect(await readdir(join(folder, 'cache', 'locks'))).toEqual([]);
});

async function foreignLock(folder: string, ageMs: number): Promise<string> {
  const directory = join(folder, 'cache', 'locks');
  await mkdir(directory, { recursive: true });
  const path = join(directory, `sha256-${sha256(weights)}.lock`);
  await writeFile(path, JSON.stringify({ token: 'theirs', pid: 1, host: 'another-machine.invalid' }));
  const then = new Date(Date.now() - ageMs);
  await utimes(path, then, then);
  return path;
}

test('the lock of another machine is respected while it is fresh; waiting can be aborted', async () => {
  const folder = await temporaryFolder();
  const lock = await foreignLock(folder, 0);
  await mkdir(join(folder, 'cache', 'parts'));
  await writeFile(join(folder, 'cache', 'parts', `sha256-${sha256(weights)}.part`), 'some');
  const { hub, storage } = await startHub({ files });
  const controller = new AbortController();
  const reason = new Error('no patience');
  const waiting = testStore(folder, { hubEndpoint: hub.origin }).resolve(file, {
    signal: controller.signal,
    onProgress: ({ stage, done, total }) => {
      if (stage.startsWith('Waiting') && done === 4 && total === weights.length) controller.abort(reason);
    },
  });
  expect(await failureOf(waiting)).toBe(reason);
  expect(storage.requests).toHaveLength(0);
  expect(await readFile(lock, 'utf8')).toContain('theirs');
});

test('the lock of another machine that has been silent for too long is taken over', async () => {
  const folder = await temporaryFolder();
  await foreignLock(folder, 60_000);
  const { hub } = await startHub({ files });
  const { path } = await testStore(folder, { hubEndpoint: hub.origin }).resolve(file);
  expect(sha256(await readFile(path))).toBe(sha256(weights));
});

test('a download whose lock was taken over stops, waits, and starts again', async () => {
  const folder = await temporaryFolder();
  const { hub, storage } = await startHub({
    files,
    onDownload: async (request, response, bytes, count) => {
      sendBytes(request, response, bytes, { etag: '"v"', ...(count === 1 && { stallAfterBytes: 100_000 }) });
      // Someone who thinks that we are dead, and who is silent from then on.
      if (count === 1) await foreignLock(folder, 60_000);
      return true;
    },
  });
  const store = testStore(folder, { hubEndpoint: hub.origin, lock: { heartbeatMs: 10 } });
  const { path } = await store.resolve(file);
  expect(sha256(await readFile(path))).toBe(sha256(weights));
  expect(storage.requests).toHaveLength(2);
});

test('a lock keeps others out, and ends with its work', async () => {
  const path = join(await temporaryFolder(), 'deep', 'a.lock');
  const timing = { heartbeatMs: 5, staleAfterMs: 20_000, pollMs: 2 };
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await new Promise((done) => setTimeout(done, 5));
    inside--;
  };
  await Promise.all(Array.from({ length: 8 }, () => withFileLock(path, { timing }, work)));
  expect(most).toBe(1);
  await expect(withFileLock(path, { timing }, () => Promise.reject(new Error('x')))).rejects.toThrow('x');
  expect(await readdir(join(path, '..'))).toEqual([]);
});

test('the holder of a lock keeps showing that it lives', async () => {
  const path = join(await temporaryFolder(), 'a.lock');
  const timing = { heartbeatMs: 5, staleAfterMs: 20_000, pollMs: 2 };
  const old = new Date(Date.now() - 3_600_000);
  await withFileLock(path, { timing }, async () => {
    await utimes(path, old, old);
    while ((await stat(path)).mtimeMs < Date.now() - 1_800_000) await new Promise((done) => setTimeout(done, 2));
  });
});

test('many who find a stale lock at once still go one by one', async () => {
  const path = join(await temporaryFolder(), 'a.lock');
  const timing = { heartbeatMs: 5_000, staleAfterMs: 10_000, pollMs: 2 };
  const old = new Date(Date.now() - 60_000);
  await writeFile(path, '');
  await utimes(path, old, old);
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await new Promise((done) => setTimeout(done, 3));
    inside--;
  };
  await Promise.all(Array.from({ length: 20 }, () => withFileLock(path, { timing }, work)));
  expect(most).toBe(1);
});

test('the loser of a lock is told', async () => {
  const path = join(await temporaryFolder(), 'a.lock');
  const timing = { heartbeatMs: 5, staleAfterMs: 10_000, pollMs: 2 };
  const work = async (signal: AbortSignal): Promise<void> => {
    await writeFile(path, JSON.stringify({ token: 'other', pid: process.pid, host: 'h' }));
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  await expect(withFileLock(path, { timing }, work)).rejects.toBe(lockLost);
  // It is the other's now.
  expect(await readFile(path, 'utf8')).toContain('other');
});
