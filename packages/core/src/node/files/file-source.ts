import { type FileHandle, open, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type ByteSource, checkByteRange } from '../../bytes/byte-source.ts';
import { SpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { fileReadError, folderError } from './file-errors.ts';

/** A file on disk as a source of bytes. */
export interface FileSource extends ByteSource, AsyncDisposable {
  /** May be called more than once. */
  close(): Promise<void>;
}

/**
 * Opens a file for reading at any place. Its size is that of now.
 * @param file a path, or a `file:` URL as an object or as text
 * @throws SpeechTokensError `file-read`: no such file, not allowed, a folder, a pipe or a device; also from `read` (a
 * file that shrank, a disk that fails)
 */
export async function openFileSource(file: string | URL): Promise<FileSource> {
  const path = pathOf(file);
  let handle: FileHandle;
  try {
    // Looked at first: opening a pipe that nobody writes to would never come back.
    const stats = await stat(path);
    if (stats.isDirectory()) throw folderError();
    if (!stats.isFile()) throw notRegular(path);
    handle = await open(path, 'r');
  } catch (cause) {
    throw cause instanceof SpeechTokensError ? cause : fileReadError(path, cause);
  }
  try {
    const { size } = await handle.stat();
    return fileHandleSource(handle, path, size);
  } catch (cause) {
    await handle.close();
    throw fileReadError(path, cause);
  }
}

/** An open file as a source of bytes, which closes it. Errors as `openFileSource`. */
export function fileHandleSource(handle: FileHandle, name: string, sizeBytes: number): FileSource {
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= handle.close();
    return closing;
  };
  return {
    name,
    sizeBytes,
    async read(offsetBytes, lengthBytes, options) {
      options?.signal?.throwIfAborted();
      checkByteRange({ name, sizeBytes }, offsetBytes, lengthBytes);
      const bytes = new Uint8Array(lengthBytes);
      for (let filled = 0; filled < lengthBytes; ) {
        const atBytes = offsetBytes + filled;
        const { bytesRead } = await handle.read(bytes, filled, lengthBytes - filled, atBytes).catch((cause) => {
          throw fileReadError(name, cause);
        });
        if (bytesRead === 0) throw shrunk(name, atBytes, sizeBytes);
        filled += bytesRead;
      }
      options?.signal?.throwIfAborted();
      return bytes;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function pathOf(file: string | URL): string {
  if (typeof file === 'string' && !file.startsWith('file:')) return file;
  try {
    return fileURLToPath(file);
  } catch (cause) {
    const path = String(file);
    throw new SpeechTokensError('file-read', {
      problem: `${path}: Not a file on this machine`,
      found: file instanceof URL && file.protocol !== 'file:' ? `the protocol ${file.protocol}` : messageOf(cause),
      wanted: 'a path or a file: URL',
      remedy: 'Download it first, or pass its bytes',
      details: { path },
      cause,
    });
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function notRegular(path: string): SpeechTokensError<'file-read'> {
  return new SpeechTokensError('file-read', {
    problem: `${path}: Not a regular file`,
    remedy: 'Read a pipe as a stream, or copy it to a file first',
    details: { path },
  });
}

function shrunk(path: string, endBytes: number, sizeBytes: number): SpeechTokensError<'file-read'> {
  return new SpeechTokensError('file-read', {
    problem: `${path}: The file became shorter while it was open; it ends at byte ${endBytes}; it had ${sizeBytes}`,
    remedy: 'Open it again when nothing writes to it any more',
    details: { path },
  });
}
