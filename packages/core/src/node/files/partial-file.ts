import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileWriteError } from './file-errors.ts';

/** A file that is being written, under a name of its own beside its place. Calls do not overlap. */
export interface PartialFile {
  append(bytes: Uint8Array): Promise<void>;
  /** Replaces the first bytes, which were appended before: a header that is known last. */
  replaceStart(bytes: Uint8Array): Promise<void>;
  /** Puts the file in its place, where it replaces one that was there. Should it fail, `discard`. */
  commit(): Promise<void>;
  /** Leaves nothing behind, and a file that was there before as it was. May be called more than once. */
  discard(): Promise<void>;
}

/**
 * Starts a file that appears under its name only when it is whole.
 * @throws SpeechTokensError `file-write`, also from every call
 */
export async function openPartialFile(path: string): Promise<PartialFile> {
  // Not made from the name of the file, which may be as long as the system allows. The global `crypto` loads on use;
  // `node:crypto` would be most of the start-up time of this entry.
  const partialPath = join(dirname(path), `.${crypto.randomUUID()}.partial`);
  const writing = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw fileWriteError(path, cause);
    }
  };
  const handle: FileHandle = await writing(() => open(partialPath, 'wx'));
  let isCommitted = false;
  return {
    append: (bytes) => writing(() => handle.appendFile(bytes)),
    replaceStart: (bytes) =>
      writing(async () => {
        for (let written = 0; written < bytes.byteLength; ) {
          written += (await handle.write(bytes, written, bytes.byteLength - written, written)).bytesWritten;
        }
      }),
    commit: () =>
      writing(async () => {
        // The name must not point to a file whose bytes a power cut can still take.
        await handle.sync();
        await handle.close();
        await rename(partialPath, path);
        isCommitted = true;
      }),
    discard: async () => {
      if (isCommitted) return;
      // It may be closed already.
      await handle.close().catch(() => undefined);
      await writing(() => rm(partialPath, { force: true }));
    },
  };
}
