import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { SpeechTokensError } from '@speech-tokens/core';

/** Where the bytes of a file go that is being written. Calls do not overlap. */
export interface ByteTarget {
  append(bytes: Uint8Array): Promise<void>;
  /** Makes the result valid and visible; `header` replaces the first bytes where the target can go back. Should it fail, `discard`. */
  commit(header: Uint8Array): Promise<void>;
  /** Leaves nothing behind where the target can take back. */
  discard(): Promise<void>;
}

/**
 * A file that appears under its name only when it is complete: until then it has a unique name beside it.
 * @throws SpeechTokensError `file-write`
 */
export async function openFileTarget(path: string): Promise<ByteTarget> {
  const partialPath = join(dirname(path), `.${randomUUID()}.partial`);
  const writing = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw writeError(path, cause);
    }
  };
  let handle: FileHandle | undefined = await writing(() => open(partialPath, 'wx'));
  const discard = async (): Promise<void> => {
    await handle?.close().catch(() => {});
    handle = undefined;
    await rm(partialPath, { force: true });
  };
  return {
    append: (bytes) => writing(() => writeAll(handle!, bytes, null)),
    commit: (header) =>
      writing(async () => {
        await writeAll(handle!, header, 0);
        // The name must not point to a file whose bytes a power cut can still take.
        await handle!.sync();
        await handle!.close();
        handle = undefined;
        await rename(partialPath, path);
      }),
    discard,
  };
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number | null): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const place = position === null ? null : position + written;
    written += (await handle.write(bytes, written, bytes.length - written, place)).bytesWritten;
  }
}

/** A stream such as standard output. It stays open: whoever made it ends it. */
export function streamTarget(stream: Writable): ByteTarget {
  return {
    append: (bytes) =>
      new Promise((resolve, reject) => {
        const onError = (cause: unknown): void => reject(writeError('the output stream', cause));
        stream.once('error', onError);
        stream.write(bytes, (cause) => {
          // An `error` event follows a failed write in a later tick, and must still find someone.
          setImmediate(() => stream.off('error', onError));
          if (cause) onError(cause);
          else resolve();
        });
      }),
    commit: () => Promise.resolve(),
    discard: () => Promise.resolve(),
  };
}

const remedies: Readonly<Record<string, string>> = {
  ENOENT: 'Make the folder first',
  EACCES: 'Check the permissions of the folder',
  EPERM: 'Check the permissions of the folder',
  EROFS: 'Write to another place',
  ENOSPC: 'Make room on the disk',
  EISDIR: 'Give the path of a file, not of a folder',
  EPIPE: 'The reader of the output went away: keep it running until the end',
};

function writeError(path: string, cause: unknown): SpeechTokensError {
  const code = (cause as NodeJS.ErrnoException)?.code ?? String(cause);
  return new SpeechTokensError('file-write', {
    problem: `${path}: Cannot be written (${code})`,
    remedy: remedies[code] ?? 'Check the path and the disk',
    details: { path },
    cause,
  });
}
