import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isRecord } from '../is-record.ts';
import type { FileDescription } from './check-file.ts';
import { readJson, writeJson } from './json-file.ts';
import { cannotWrite } from './model-errors.ts';

/** What is kept beside an unfinished download, so that it can go on later, and be listed. */
export interface PartNote extends FileDescription {
  readonly url: string;
  /** Strong entity tag of the answers that the bytes came from. */
  readonly etag?: string;
}

/** An unfinished download. Only the holder of its lock opens it. */
export interface PartFile {
  readonly sizeBytes: number;
  readonly note: PartNote;
  append(bytes: Uint8Array): Promise<void>;
  /** Throws away what has arrived. */
  restart(): Promise<void>;
  changeNote(note: PartNote): Promise<void>;
  /** SHA-256 of what has arrived. */
  sha256(): string;
  /** Closes it and keeps what has arrived. */
  close(): Promise<void>;
  /** Closes it and deletes it. */
  discard(): Promise<void>;
  /** Writes it through to the disk and moves it to its place at once. */
  moveTo(path: string): Promise<void>;
}

export function partNotePath(partPath: string): string {
  return `${partPath}.json`;
}

export interface PartFileOptions {
  readonly note: PartNote;
  /** Whether the file's name says what its bytes are, so that they may come from any address. */
  readonly isNamedByContent: boolean;
  readonly signal: AbortSignal;
}

/**
 * Opens an unfinished download, or starts one. What is there is kept where the rest can be asked for safely.
 * @throws SpeechTokensError `model-disk-space`, `file-write`
 */
export async function openPartFile(path: string, options: PartFileOptions): Promise<PartFile> {
  const { note: initialNote, isNamedByContent, signal } = options;
  const fail = (cause: unknown): never => {
    throw cannotWrite(path, cause);
  };
  await mkdir(dirname(path), { recursive: true }).catch(fail);
  // To read and write; created where it is not there, kept where it is.
  const handle: FileHandle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o666).catch(fail);
  let note: PartNote = initialNote;
  let sizeBytes = 0;
  let hash: Hash = createHash('sha256');
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await handle.close();
  };
  const restart = async (): Promise<void> => {
    await handle.truncate(0).catch(fail);
    sizeBytes = 0;
    hash = createHash('sha256');
  };
  const changeNote = async (changed: PartNote): Promise<void> => {
    note = changed;
    await writeJson(partNotePath(path), changed).catch(fail);
  };

  try {
    const earlier = await readPartNote(path);
    const etag = earlier?.url === initialNote.url ? earlier.etag : undefined;
    if (etag !== undefined || isNamedByContent) {
      if (etag !== undefined) note = { ...initialNote, etag };
      const stream = handle.createReadStream({ start: 0, autoClose: false, highWaterMark: 1 << 20 });
      for await (const piece of stream as AsyncIterable<Buffer>) {
        signal.throwIfAborted();
        hash.update(piece);
        sizeBytes += piece.length;
      }
    } else {
      // Nothing says that the rest, asked for now, would belong to these bytes.
      await restart();
    }
    await changeNote(note);
  } catch (error) {
    await close();
    throw error;
  }

  return {
    get sizeBytes() {
      return sizeBytes;
    },
    get note() {
      return note;
    },
    async append(bytes) {
      let written = 0;
      while (written < bytes.length) {
        const position = sizeBytes + written;
        const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position).catch(fail);
        written += bytesWritten;
      }
      hash.update(bytes);
      sizeBytes += bytes.length;
    },
    restart,
    changeNote,
    sha256: () => hash.copy().digest('hex'),
    close,
    async discard() {
      await close();
      await rm(path, { force: true });
      await rm(partNotePath(path), { force: true });
    },
    async moveTo(target) {
      try {
        await handle.sync();
        await close();
        await mkdir(dirname(target), { recursive: true });
        await rename(path, target);
        await syncDirectory(dirname(target));
      } catch (cause) {
        throw cannotWrite(target, cause);
      }
      await rm(partNotePath(path), { force: true });
    },
  };
}

export async function readPartNote(partPath: string): Promise<PartNote | undefined> {
  const value = await readJson(partNotePath(partPath));
  if (!isRecord(value) || typeof value.url !== 'string' || !isRecord(value.source)) return undefined;
  return value as unknown as PartNote;
}

/** So that the new name survives a loss of power. Windows cannot, and need not. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
