import { mkdir, open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * @typedef {object} LockSettings
 * @property {number} heartbeatMilliseconds how often the holder shows that it lives
 * @property {number} staleMilliseconds without a heartbeat for so long, the holder counts as gone
 * @property {number} retryMilliseconds how often a waiting process looks
 */

/** @type {LockSettings} */
const defaultSettings = { heartbeatMilliseconds: 2_000, staleMilliseconds: 60_000, retryMilliseconds: 250 };

/**
 * Does `work` while no other process does work under the same lock file.
 * @template Result
 * @param {string} path
 * @param {() => Promise<Result>} work
 * @param {(holder: string) => void} onWait called once where another process has it
 * @param {Partial<LockSettings>} settings
 * @returns {Promise<Result>}
 */
export async function withLock(path, work, onWait = () => {}, settings = {}) {
  const { heartbeatMilliseconds, staleMilliseconds, retryMilliseconds } = { ...defaultSettings, ...settings };
  await mkdir(dirname(path), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), startedAt: new Date().toISOString() });
  let waited = false;
  while (!(await createExclusively(path, mine))) {
    const holder = await readIfThere(path);
    if (holder !== undefined && (await isGone(path, holder, staleMilliseconds))) {
      await removeStale(path, holder, staleMilliseconds);
      continue;
    }
    if (!waited && holder !== undefined) {
      waited = true;
      onWait(holder);
    }
    await delay(retryMilliseconds);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, heartbeatMilliseconds);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if ((await readIfThere(path)) === mine) await rm(path, { force: true });
  }
}

/**
 * @param {string} path
 * @param {string} content
 */
async function createExclusively(path, content) {
  let file;
  try {
    file = await open(path, 'wx');
  } catch (error) {
    // Windows answers EPERM for a moment while another process removes the file.
    if (hasCode(error, 'EEXIST') || (process.platform === 'win32' && hasCode(error, 'EPERM'))) return false;
    throw error;
  }
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
  return true;
}

/** @param {string} path */
async function readIfThere(path) {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/**
 * @param {string} path
 * @param {string} holder
 * @param {number} staleMilliseconds
 */
async function isGone(path, holder, staleMilliseconds) {
  const parsed = parseHolder(holder);
  if (parsed !== undefined && parsed.host === hostname() && !isAlive(parsed.pid)) return true;
  try {
    return Date.now() - (await stat(path)).mtimeMs > staleMilliseconds;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/**
 * Two waiting processes may find the same dead holder: only one at a time may remove it, and only if it is still
 * that one, or the second would remove the lock of the first.
 * @param {string} path
 * @param {string} holder
 * @param {number} staleMilliseconds
 */
async function removeStale(path, holder, staleMilliseconds) {
  const breaker = `${path}.break`;
  if (!(await createExclusively(breaker, ''))) {
    const age = await stat(breaker).then(
      (found) => Date.now() - found.mtimeMs,
      () => 0,
    );
    if (age > staleMilliseconds) await rm(breaker, { force: true });
    await delay(20);
    return;
  }
  try {
    if ((await readIfThere(path)) === holder) await rm(path, { force: true });
  } finally {
    await rm(breaker, { force: true });
  }
}

/**
 * @param {string} holder
 * @returns {{ pid: number, host: string } | undefined} nothing where the holder was cut off while writing it
 */
function parseHolder(holder) {
  try {
    const { pid, host } = JSON.parse(holder);
    return typeof pid === 'number' && typeof host === 'string' ? { pid, host } : undefined;
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}

/**
 * @param {unknown} error
 * @param {string} code
 */
function hasCode(error, code) {
  return error instanceof Error && 'code' in error && error.code === code;
}
