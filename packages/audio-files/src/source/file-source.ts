import { type FileHandle, open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { SpeechTokensError } from '@speech-tokens/core';
import type { ByteSource } from './byte-source.ts';

/**
 * A file on this machine, read by ranges.
 * @throws SpeechTokensError `file-read` when it cannot be opened or is not a regular file
 */
export async function openFileSource(input: string | URL): Promise<ByteSource> {
  const path = toPath(input);
  const failure = (problem: string, remedy: string, cause?: unknown): SpeechTokensError =>
    new SpeechTokensError('file-read', {
      problem,
      remedy,
      details: { path },
      ...(cause === undefined ? {} : { cause }),
    });
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') throw failure(`${path}: No such file`, 'Check the path', cause);
    if (code === 'EACCES' || code === 'EPERM') {
      throw failure(`${path}: Not allowed to read`, 'Check the permissions of the file', cause);
    }
    throw failure(`${path}: Cannot be opened (${code ?? String(cause)})`, 'Check the path', cause);
  }
  try {
    const stats = await handle.stat();
    if (stats.isDirectory()) throw failure(`${path}: Is a folder, not a file`, 'Give the path of a sound file');
    if (!stats.isFile()) {
      throw failure(`${path}: Not a regular file`, 'Read a pipe through bufferReadable, or copy it to a file first');
    }
    return {
      name: path,
      sizeBytes: stats.size,
      read: (offsetBytes, lengthBytes) =>
        readFully(handle, path, offsetBytes, Math.min(lengthBytes, stats.size), failure),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readFully(
  handle: FileHandle,
  path: string,
  offsetBytes: number,
  lengthBytes: number,
  failure: (problem: string, remedy: string, cause?: unknown) => SpeechTokensError,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(lengthBytes);
  let filled = 0;
  try {
    while (filled < lengthBytes) {
      const { bytesRead } = await handle.read(bytes, filled, lengthBytes - filled, offsetBytes + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw failure(
      `${path}: Reading failed (${code})`,
      'Check the disk, and that the file was not closed while in use',
      cause,
    );
  }
  return filled === lengthBytes ? bytes : bytes.subarray(0, filled);
}

function toPath(input: string | URL): string {
  if (typeof input === 'string' && !input.startsWith('file:')) return input;
  const url = new URL(input);
  if (url.protocol !== 'file:') {
    throw new SpeechTokensError('file-read', {
      problem: `${url.href}: Not a file on this machine`,
      found: `the protocol ${url.protocol}`,
      wanted: 'a path or a file: URL',
      remedy: 'Download it first, or pass its bytes',
      details: { path: url.href },
    });
  }
  return fileURLToPath(url);
}
