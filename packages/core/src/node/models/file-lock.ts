import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { isRecord } from '../is-record.ts';
import { sleep } from '../sleep.ts';
import { cannotWrite } from './model-errors.ts';

export interface LockTiming {
  /** How often the owner shows that it is alive. */
  readonly heartbeatMs: number;
  /** A lock whose owner has not shown up for so long is taken over. Many times the heartbeat. */
  readonly staleAfterMs: number;
  /** How often those who wait look. */
  readonly pollMs: number;
}

export interface LockOptions {
  readonly timing: LockTiming;
  readonly signal?: AbortSignal | undefined;
  /** Called each time that the lock was looked at and is held by someone else. */
  readonly onWait?: () => Promise<void>;
}

interface LockOwner {
  readonly token: string;
  readonly pid: number;
  readonly host: string;
}

/** The reason of the signal that `withFileLock` gives its work, when another process took the lock over. */
export const lockLost: unique symbol = Symbol('lock lost');

/**
 * Runs work while holding a lock that other processes respect: a file that says who holds it, and whose time stamp
 * shows that the holder lives. The lock of a process that ended is taken over.
 *
 * @param work is given a signal that aborts with the caller's reason, or with `lockLost` when the lock was taken
 *   over because this process had been stopped for longer than `staleAfterMs`
 */
export async function withFileLock<T>(
  path: string,
  options: LockOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { timing, signal } = options;
  const token = await acquire(path, options);
  const lost = new AbortController();
  const heartbeat = setInterval(() => {
    void beat(path, token).then((isOurs) => {
      if (!isOurs) lost.abort(lockLost);
    });
  }, timing.heartbeatMs);
  heartbeat.unref();
  try {
    return await work(signal === undefined ? lost.signal : AbortSignal.any([signal, lost.signal]));
  } finally {
    clearInterval(heartbeat);
    if ((await readOwner(path))?.token === token) await rm(path, { force: true });
  }
}

async function acquire(path: string, options: LockOptions): Promise<string> {
  const { timing, signal, onWait } = options;
  const owner: LockOwner = { token: randomUUID(), pid: process.pid, host: hostname() };
  await mkdir(dirname(path), { recursive: true }).catch((cause) => {
    throw cannotWrite(path, cause);
  });
  for (;;) {
    signal?.throwIfAborted();
    if (await create(path, owner)) return owner.token;
    if (await takeOverIfStale(path, timing)) continue;
    await onWait?.();
    await sleep(timing.pollMs, signal);
  }
}

async function create(path: string, owner: LockOwner): Promise<boolean> {
  try {
    const handle = await open(path, 'wx');
    try {
      await handle.writeFile(JSON.stringify(owner));
    } finally {
      await handle.close();
    }
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // Windows says EPERM while the file is being deleted by its owner.
    if (code === 'EPERM' && process.platform === 'win32') return false;
    throw cannotWrite(path, cause);
  }
}

/** Removes a lock whose owner is gone. True where the way is free now, or may be. */
async function takeOverIfStale(path: string, timing: LockTiming): Promise<boolean> {
  const state = await stateOf(path, timing);
  if (state !== 'stale') return state === 'absent';
  // Two may find it stale at once, and the slower must not remove the lock that the faster has made by then. So only
  // one at a time looks again and removes.
  const guard = `${path}.takeover`;
  try {
    await (await open(guard, 'wx')).close();
  } catch {
    // Whoever made it may have died at that very moment.
    if ((await stateOf(guard, timing)) === 'stale') await rm(guard, { force: true });
    return false;
  }
  try {
    if ((await stateOf(path, timing)) === 'stale') await rm(path, { force: true });
    return true;
  } finally {
    await rm(guard, { force: true });
  }
}

/** Whether the owner of a lock is gone, for all that can be seen. */
async function stateOf(path: string, timing: LockTiming): Promise<'absent' | 'held' | 'stale'> {
  const owner = await readOwner(path);
  const modifiedMs = (await stat(path).catch(() => undefined))?.mtimeMs;
  if (modifiedMs === undefined) return 'absent';
  const isDead = owner !== undefined && owner.host === hostname() && !isAlive(owner.pid);
  return isDead || Date.now() - modifiedMs > timing.staleAfterMs ? 'stale' : 'held';
}

/** Shows that the owner lives; false where the lock is no longer its own. */
async function beat(path: string, token: string): Promise<boolean> {
  const owner = await readOwner(path);
  if (owner?.token !== token) return false;
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
  return true;
}

async function readOwner(path: string): Promise<LockOwner | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (!isRecord(value)) return undefined;
    const { token, pid, host } = value;
    if (typeof token !== 'string' || !Number.isSafeInteger(pid) || typeof host !== 'string') return undefined;
    return { token, pid: pid as number, host };
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to someone else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
