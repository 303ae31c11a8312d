import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { ModelSource } from '../../contract/model-file.ts';
import { isSpeechTokensError, type SpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { hashFile } from '../files/file-hash.ts';
import { withFileLock } from './file-lock.ts';
import { stampOf } from './file-records.ts';
import { cannotWrite, corrupt } from './model-errors.ts';
import { partNotePath, readPartNote } from './part-file.ts';
import { contentKey } from './pins.ts';
import type { StoreParts } from './store-parts.ts';

/** A file in the cache. */
export interface CachedModelFile {
  /** An unfinished download has `partial`: it goes on when the file is wanted again. */
  readonly state: 'complete' | 'partial';
  readonly path: string;
  /** Bytes on the disk. */
  readonly sizeBytes: number;
  /** Where it came from, with the commit as revision; absent where nothing says so any more. */
  readonly source?: ModelSource;
  readonly name?: string;
  readonly licence?: string;
  /** What it should have, and had when it was checked last. */
  readonly sha256?: string;
  readonly lastUsedAt?: Date;
}

export interface VerifiedModelFile {
  readonly file: CachedModelFile;
  /** `unknown`: nothing says what it should be; a next use asks the hub. */
  readonly result: 'intact' | 'corrupt' | 'unknown';
  readonly problem?: SpeechTokensError;
}

/** Everything that was downloaded, also in part. */
export async function listCachedFiles(store: StoreParts): Promise<readonly CachedModelFile[]> {
  const { layout } = store;
  const files: CachedModelFile[] = [];
  for (const directory of [layout.hubDirectory, layout.httpsDirectory]) {
    for (const path of await filesBelow(directory)) {
      const file = await describeComplete(store, path);
      if (file !== undefined) files.push(file);
    }
  }
  for (const path of await filesBelow(layout.partsDirectory)) {
    if (!path.endsWith('.part')) continue;
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) continue;
    const note = await readPartNote(path);
    const about = note && { source: note.source, name: note.name, licence: note.licence };
    files.push({ state: 'partial', path, sizeBytes: found.size, lastUsedAt: found.mtime, ...about });
  }
  return files;
}

/** Reads every complete file again, whatever was noted about it. */
export async function* verifyCachedFiles(
  store: StoreParts,
  options: {
    readonly signal?: AbortSignal | undefined;
    readonly onBytes?: (file: CachedModelFile, doneBytes: number) => void;
  },
): AsyncGenerator<VerifiedModelFile, void, undefined> {
  for (const file of await listCachedFiles(store)) {
    if (file.state === 'partial') continue;
    const { path } = file;
    const stamp = await stampOf(path).catch(() => undefined);
    if (stamp === undefined) continue;
    const onBytes = (done: number): void => options.onBytes?.(file, done);
    const { sha256 } = await hashFile(path, { signal: options.signal, onBytes });
    if (file.sha256 === undefined) {
      yield { file, result: 'unknown' };
    } else if (file.sha256 === sha256) {
      const record = await store.records.read(path);
      if (record !== undefined) await store.records.remember({ ...record, ...stamp });
      yield { file, result: 'intact' };
    } else {
      // The note that it was right once must not hide this from the next use.
      const remedy = 'It is downloaded anew on its next use; or remove it from the cache';
      const problem = corrupt(path, { sha256 }, { sha256: file.sha256 }, remedy);
      const record = await store.records.read(path);
      if (record !== undefined) await store.records.remember({ ...record, sizeBytes: 0, modifiedNs: '0' });
      yield { file, result: 'corrupt', problem };
    }
  }
}

/**
 * Deletes a file of the cache, with what is noted about it except which commit its branch is pinned to.
 * @returns bytes that it had; 0 where it was gone already
 */
export async function removeCachedFile(
  store: StoreParts,
  file: CachedModelFile,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { layout, records, pins, settings } = store;
  const { source, state } = file;
  const path = resolve(file.path);
  const isInside = [layout.hubDirectory, layout.httpsDirectory, layout.partsDirectory].some((directory) =>
    path.startsWith(directory + sep),
  );
  // Files elsewhere are not the store's to delete.
  if (!isInside) return 0;
  const work = async (): Promise<number> => {
    const sizeBytes = (await stat(path).catch(() => undefined))?.size ?? 0;
    try {
      if (state === 'complete') await records.forget(path);
      await rm(path, { force: true });
      if (state === 'partial') await rm(partNotePath(path), { force: true });
    } catch (cause) {
      throw cannotWrite(path, cause);
    }
    return sizeBytes;
  };
  if (state === 'partial') {
    const name = relative(layout.partsDirectory, path).replace(/\.part$/, '.lock');
    return withFileLock(join(layout.locksDirectory, name), { timing: settings.lock, signal }, work);
  }
  const sizeBytes = await work();
  if (source?.type === 'https') await pins.unpinContent(source.url, signal);
  if (source?.type === 'hub') {
    await pins.unpinContent(contentKey(source.repository, source.revision, source.file), signal);
  }
  await removeEmptyFolders(dirname(path), layout.directory);
  return sizeBytes;
}

async function describeComplete(store: StoreParts, path: string): Promise<CachedModelFile | undefined> {
  const { records, pins } = store;
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const record = await records.read(path);
  const source = record?.source ?? (await sourceOfPath(store, path));
  const key =
    source?.type === 'hub'
      ? contentKey(source.repository, source.revision, source.file)
      : source?.type === 'https'
        ? source.url
        : undefined;
  const pin = key === undefined ? undefined : await pins.contentOf(key).catch(ignoreBrokenPins);
  const sha256 = pin?.sha256 ?? record?.sha256;
  const lastUsedAt = (await records.lastUsed(path)) ?? found.mtime;
  return {
    state: 'complete',
    path,
    sizeBytes: found.size,
    lastUsedAt,
    ...(source !== undefined && { source }),
    ...(sha256 !== undefined && { sha256 }),
    ...(record?.name !== undefined && { name: record.name }),
    ...(record?.licence !== undefined && { licence: record.licence }),
  };
}

/** A list can do without pins; what is wrong with them is said where a file is resolved. */
function ignoreBrokenPins(error: unknown): undefined {
  if (!isSpeechTokensError(error, 'file-read')) throw error;
  return undefined;
}

/** What the place of a file says about it, where its record is lost. */
async function sourceOfPath({ layout }: StoreParts, path: string): Promise<ModelSource | undefined> {
  if (!path.startsWith(layout.hubDirectory + sep)) return undefined;
  const [folder, commit, ...rest] = relative(layout.hubDirectory, path).split(sep);
  if (folder === undefined || commit === undefined || rest.length === 0) return undefined;
  return { type: 'hub', repository: folder.replace('--', '/'), revision: commit, file: rest.join('/') };
}

async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function removeEmptyFolders(from: string, until: string): Promise<void> {
  for (let directory = from; directory.startsWith(until + sep); directory = dirname(directory)) {
    try {
      await rmdir(directory);
    } catch {
      return;
    }
  }
}
