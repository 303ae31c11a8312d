import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/**
 * A hash of names and contents. By content, since a fresh checkout or a switch of branches changes every date.
 * @param {string} root
 * @param {readonly string[]} files absolute
 * @param {readonly string[]} facts that count beside the files
 */
export async function hashFiles(root, files, facts) {
  const hash = createHash('sha256');
  for (const fact of facts) hash.update(`${fact}\0`);
  for (const file of [...files].sort()) {
    hash.update(`${relative(root, file).replaceAll('\\', '/')}\0`);
    hash.update(await readFile(file));
    hash.update('\0');
  }
  return hash.digest('hex');
}

/**
 * Every file below a folder, absolute; nothing where the folder does not exist.
 * @param {string} folder
 * @returns {Promise<string[]>}
 */
export async function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  /** @type {string[][]} */
  const nested = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return await filesBelow(path);
      return entry.isFile() ? [path] : [];
    }),
  );
  return nested.flat();
}

/**
 * @param {string} path
 * @returns {Promise<unknown>} nothing where it is not there or not JSON: the set-up then does its work again
 */
export async function readRecord(path) {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Written whole or not at all.
 * @param {string} path
 * @param {unknown} record
 */
export async function writeRecord(path, record) {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(record, null, 2)}\n`);
  await rename(temporary, path);
}
