import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CallOptions } from '../../contract/call-options.ts';
import { openTokenFile, type TokenFile } from '../../token-file/open-token-file.ts';
import { createTokenFileWriter, type TokenFileWriterOptions } from '../../token-file/token-file-writer.ts';
import type { TokenGrid } from '../../tokens/token-grid.ts';
import { fileWriteError, folderError } from '../files/file-errors.ts';
import { openFileSource } from '../files/file-source.ts';
import { writeFileAtomically } from '../files/write-file-atomically.ts';

/** A token file on disk that is open for reading. */
export interface TokenFileOnDisk extends TokenFile, AsyncDisposable {
  /** May be called more than once. */
  close(): Promise<void>;
}

/**
 * Opens a token file on disk. Close it after use, or bind it with `await using`.
 * @throws SpeechTokensError `file-read`, `token-file-invalid`
 */
export async function openTokenFileAt(
  path: string,
  options: Pick<CallOptions, 'signal'> = {},
): Promise<TokenFileOnDisk> {
  const source = await openFileSource(path);
  try {
    return { ...(await openTokenFile(source, options)), close: source.close, [Symbol.asyncDispose]: source.close };
  } catch (error) {
    await source.close();
    throw error;
  }
}

export interface WriteTokenFileOptions extends TokenFileWriterOptions, Pick<CallOptions, 'signal'> {}

/**
 * Writes a token file from grids as they come, such as those of a stream. The file appears under its name when it is
 * whole; on an error or an abort nothing stays behind, and a file that was there before stays as it was. The folder is
 * looked at first, so that a wrong path does not come out after an hour of work.
 * @returns samples and bytes that were written
 * @throws SpeechTokensError `file-write`, `token-space-mismatch`, `token-grid-invalid`, `stream-order`,
 * `argument-invalid`; what `grids` throws, as it is
 */
export async function writeTokenFile(
  path: string,
  grids: Iterable<TokenGrid> | AsyncIterable<TokenGrid>,
  options: WriteTokenFileOptions,
): Promise<{ readonly sampleCount: number; readonly sizeBytes: number }> {
  const { signal, ...writerOptions } = options;
  signal?.throwIfAborted();
  const writer = createTokenFileWriter(writerOptions);
  await checkTarget(path);
  for await (const grid of grids) {
    signal?.throwIfAborted();
    writer.append(grid);
  }
  const signalOption = signal === undefined ? {} : { signal };
  const sizeBytes = await writeFileAtomically(path, (sink) => writer.writeTo(sink, signalOption));
  return { sampleCount: writer.sampleCount, sizeBytes };
}

async function checkTarget(path: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK);
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) throw folderError();
  } catch (cause) {
    throw fileWriteError(path, cause);
  }
}
