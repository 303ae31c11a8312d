import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpeechTokensError } from '@speech-tokens/core';

/** A temporary file that is written once and then read by ranges. */
export interface SpillFile {
  append(bytes: Uint8Array): Promise<void>;
  read(offsetBytes: number, lengthBytes: number): Promise<Uint8Array>;
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
  return {
    async append(bytes) {
      try {
        for (let written = 0; written < bytes.length; ) {
          written += (await handle.write(bytes, written, bytes.length - written)).bytesWritten;
        }
      } catch (cause) {
        throw failure(cause);
      }
    },
    async read(offsetBytes, lengthBytes) {
      const bytes = new Uint8Array(Math.max(0, lengthBytes));
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, offsetBytes + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    },
    remove() {
      removal ??= handle.close().then(() => rm(path, { force: true }));
      return removal;
    },
  };
}
