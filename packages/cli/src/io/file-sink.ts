import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ByteSink, SpeechTokensError } from '@speech-tokens/core';

/** A file that appears under its name only when it is complete. */
export interface FileSink extends ByteSink {
  /** Completes the file. */
  commit(): Promise<void>;
  /** Gives up: nothing is left behind, and a file that had the name stays as it was. May follow anything. */
  discard(): Promise<void>;
}

/**
 * Starts a file under a temporary name beside its own; folders that are missing are made.
 * @throws SpeechTokensError `file-write`, as its calls do
 */
export async function createFileSink(path: string): Promise<FileSink> {
  const writing = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw cannotWrite(path, cause);
    }
  };
  const partialPath = join(dirname(path), `.${randomUUID()}.partial`);
  await ensureFolder(path);
  let handle: FileHandle | undefined = await writing(() => open(partialPath, 'wx'));
  const discard = async (): Promise<void> => {
    await handle?.close().catch(() => {});
    handle = undefined;
    await rm(partialPath, { force: true });
  };
  return {
    write: (bytes) =>
      writing(async () => {
        for (let at = 0; at < bytes.length; ) at += (await handle!.write(bytes, at, bytes.length - at)).bytesWritten;
      }),
    async commit() {
      try {
        await writing(async () => {
          // The name must not point to a file whose bytes a power cut can still take.
          await handle!.sync();
          await handle!.close();
          handle = undefined;
          await rename(partialPath, path);
        });
      } catch (error) {
        await discard();
        throw error;
      }
    },
    discard,
  };
}

/** Makes the folder of a file. @throws SpeechTokensError `file-write` */
export async function ensureFolder(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

const remedies: { readonly [code: string]: string } = {
  EACCES: 'Check the permissions of the folder, or write elsewhere with --out',
  EPERM: 'Check the permissions of the folder, or write elsewhere with --out',
  EROFS: 'The disk is read-only: write elsewhere with --out',
  ENOSPC: 'Make room on the disk, or write elsewhere with --out',
  ENOTDIR: 'A part of the path is a file: write elsewhere with --out',
  EEXIST: 'A part of the path is a file: write elsewhere with --out',
};

function cannotWrite(path: string, cause: unknown): SpeechTokensError<'file-write'> {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return new SpeechTokensError('file-write', {
    problem: `${path} cannot be written`,
    found: code,
    remedy: remedies[code] ?? 'Check the path and the disk',
    details: { path },
    cause,
  });
}
