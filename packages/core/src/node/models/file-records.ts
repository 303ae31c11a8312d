import { realpath, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelSource } from '../../contract/model-file.ts';
import { sha256OfText } from '../files/file-hash.ts';
import { isRecord } from '../is-record.ts';
import { readJson, writeJson } from './json-file.ts';

/** What was found out about a file when it was checked last. It holds as long as size and time stamp do. */
export interface FileRecord {
  readonly path: string;
  readonly sizeBytes: number;
  /** Time of the last change, in nanoseconds, as a decimal text: more than a number can hold. */
  readonly modifiedNs: string;
  readonly sha256: string;
  readonly gitBlobSha1?: string;
  readonly name?: string;
  readonly licence?: string;
  readonly source?: ModelSource;
}

/** Size and time stamp of a file: as long as both stay, it counts as unchanged. */
export interface FileStamp {
  readonly sizeBytes: number;
  readonly modifiedNs: string;
}

/** @throws the error of the file system, where there is no such file */
export async function stampOf(path: string): Promise<FileStamp> {
  const { size, mtimeNs } = await stat(path, { bigint: true });
  return { sizeBytes: Number(size), modifiedNs: String(mtimeNs) };
}

export interface FileRecords {
  /** The record of a file, where it still holds. */
  current(path: string, stamp: FileStamp): Promise<FileRecord | undefined>;
  /** The record of a file, whether it still holds or not. */
  read(path: string): Promise<FileRecord | undefined>;
  /** Keeps a record. Fails silently: it only spares work, and a read-only cache must not keep a model from running. */
  remember(record: FileRecord): Promise<void>;
  /** Notes that a file was used now. */
  touch(path: string): Promise<void>;
  /** When a file was used last. */
  lastUsed(path: string): Promise<Date | undefined>;
  /** To be called while the file is still there. */
  forget(path: string): Promise<void>;
}

/** Records in a folder, one file each, so that processes need no lock to write them. */
export function createFileRecords(directory: string): FileRecords {
  // By real path, so that a cache reached through a link is the same cache.
  const recordPath = async (path: string): Promise<string> => {
    const real = await realpath(path).catch(() => path);
    return join(directory, `${sha256OfText(real).slice(0, 32)}.json`);
  };
  const read = async (path: string): Promise<FileRecord | undefined> => {
    const value = await readJson(await recordPath(path));
    return isFileRecord(value) ? value : undefined;
  };
  return {
    read,
    async current(path, stamp) {
      const record = await read(path);
      const holds = record?.sizeBytes === stamp.sizeBytes && record.modifiedNs === stamp.modifiedNs;
      return holds ? record : undefined;
    },
    async remember(record) {
      await writeJson(await recordPath(record.path), record).catch(() => undefined);
    },
    async touch(path) {
      const now = new Date();
      await utimes(await recordPath(path), now, now).catch(() => undefined);
    },
    async lastUsed(path) {
      return (await stat(await recordPath(path)).catch(() => undefined))?.mtime;
    },
    async forget(path) {
      await rm(await recordPath(path), { force: true });
    },
  };
}

function isFileRecord(value: unknown): value is FileRecord {
  return (
    isRecord(value) &&
    typeof value.path === 'string' &&
    Number.isSafeInteger(value.sizeBytes) &&
    typeof value.modifiedNs === 'string' &&
    typeof value.sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(value.sha256)
  );
}
