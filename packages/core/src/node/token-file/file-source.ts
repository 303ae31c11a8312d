import { type FileHandle, open } from 'node:fs/promises';
import type { ByteSource } from '../../bytes/byte-source.ts';
import { SpeechTokensError } from '../../errors/speech-tokens-error.ts';

/** A file on disk as a source of bytes. */
export interface FileSource extends ByteSource, AsyncDisposable {
  /** May be called more than once. */
  close(): Promise<void>;
}

/**
 * Opens a file for reading at any place.
 * @throws SpeechTokensError `file-read`, also from `read` (a file that shrank, a disk that fails)
 */
export async function openFileSource(path: string): Promise<FileSource> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (cause) {
    throw readError(path, cause);
  }
  let sizeBytes: number;
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new Error('it is not a regular file');
    sizeBytes = stat.size;
  } catch (cause) {
    await handle.close();
    throw readError(path, cause);
  }
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= handle.close();
    return closing;
  };
  return {
    name: path,
    sizeBytes,
    async read(offsetBytes, lengthBytes, options) {
      options?.signal?.throwIfAborted();
      const bytes = new Uint8Array(lengthBytes);
      try {
        let filled = 0;
        while (filled < lengthBytes) {
          const { bytesRead } = await handle.read(bytes, filled, lengthBytes - filled, offsetBytes + filled);
          if (bytesRead === 0) throw new Error(`the file ends at byte ${offsetBytes + filled}; it had ${sizeBytes}`);
          filled += bytesRead;
        }
      } catch (cause) {
        throw readError(path, cause);
      }
      options?.signal?.throwIfAborted();
      return bytes;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function readError(path: string, cause: unknown): SpeechTokensError<'file-read'> {
  return new SpeechTokensError('file-read', {
    problem: `The file ${path} cannot be read`,
    found: cause instanceof Error ? cause.message : String(cause),
    remedy: 'Check the path and the permissions',
    details: { path },
    cause,
  });
}
