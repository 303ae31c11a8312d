import { existsSync } from 'node:fs';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { withLock } from '../lib/lock.mjs';

async function lockPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'speech-tokens-lock-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'lock');
}

const quick = { retryMilliseconds: 5 };

test('one at a time, and the others say that they wait', async () => {
  const path = await lockPath();
  let inside = 0;
  let most = 0;
  let waits = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await delay(15);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 5 }, () => withLock(path, work, () => (waits += 1), quick)));
  expect(most).toBe(1);
  expect(waits).toBe(4);
  expect(existsSync(path)).toBe(false);
});

test('the result comes through, and a failure frees the lock', async () => {
  const path = await lockPath();
  expect(await withLock(path, async () => 7)).toBe(7);
  await expect(withLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(existsSync(path)).toBe(false);
});

test('the lock of a process that is gone is taken over, by one of many', async () => {
  const path = await lockPath();
  // No process has this number: it is above what systems give out.
  await writeFile(path, JSON.stringify({ pid: 2 ** 30, host: hostname() }));
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await delay(5);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 8 }, () => withLock(path, work, undefined, quick)));
  expect(most).toBe(1);
});

test('a lock of another machine is respected as long as its heart beats', async () => {
  const path = await lockPath();
  await writeFile(path, JSON.stringify({ pid: 2 ** 30, host: `not-${hostname()}` }));
  let done = false;
  const waiting = withLock(path, async () => (done = true), undefined, quick);
  await delay(60);
  expect(done).toBe(false);
  const longAgo = new Date(Date.now() - 120_000);
  await utimes(path, longAgo, longAgo);
  await waiting;
  expect(done).toBe(true);
});

test('a lock that was cut off while it was written is taken over when it is old', async () => {
  const path = await lockPath();
  await writeFile(path, '{"pid":');
  const longAgo = new Date(Date.now() - 120_000);
  await utimes(path, longAgo, longAgo);
  expect(await withLock(path, async () => 1, undefined, quick)).toBe(1);
});
