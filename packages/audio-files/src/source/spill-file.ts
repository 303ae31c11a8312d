import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ByteSource, SpeechTokensError } from '@speech-tokens/core';
import { fileHandleSource } from '@speech-tokens/core/node/files';

/** A temporary file that is written once and then read by ranges. */
export interface SpillFile {
  append(bytes: Uint8Array): Promise<void>;
  /** All that was appended, to be read; closing it removes the file. */
  source(name: string, sizeBytes: number): ByteSource;
  remove(): Promise<void>;
}

/** @throws SpeechTokensError `file-write` when it cannot be made */
export async function openSpillFile(directory: string = tmpdir()): Promise<SpillFile> {
  const path = join(directory, `speech-tokens-${randomUUID()}.tmp`);
  const failure = (cause: unknown): SpeechTokensError =>
    new SpeechTokensError('file-write', {
      problem: `${path}: The temporary file cannot be used`,
      remedy: 'Make room on the disk, or set another temporaryDirectory',
      details: { path },
      cause,
    });
  let handle: FileHandle;
  try {
    handle = await open(path, 'wx+');
  } catch (cause) {
    throw failure(cause);
  }
  // Where the system allows it the file loses its name at once, so that not even a killed process leaves it behind.
  if (process.platform !== 'win32') await rm(path, { force: true });
  let removal: Promise<void> | undefined;
  const remove = (): Promise<void> => {
    removal ??= handle.close().then(() => rm(path, { force: true }));
    return removal;
  };
  return {
    async append(bytes) {
      try {
        await handle.appendFile(bytes);
      } catch (cause) {
        throw failure(cause);
      }
    },
    source(name, sizeBytes) {
      const { read } = fileHandleSource(handle, name, sizeBytes);
      return { name, sizeBytes, read, close: remove };
    },
    remove,
  };
}
