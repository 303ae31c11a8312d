import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ByteSink } from '../../bytes/byte-source.ts';
import { SpeechTokensError } from '../../errors/speech-tokens-error.ts';

/** Small writes are gathered to this many bytes. */
const bufferBytes = 1 << 18;

/**
 * Writes a file that appears under its name only when it is whole: under a temporary name beside it, then renamed.
 * Where `write` or the disk fails, the temporary file is removed and a file that was there before stays as it was.
 * @throws SpeechTokensError `file-write` for what the disk refuses; whatever `write` itself throws (an abort) as it is
 */
export async function writeFileAtomically<Result>(
  path: string,
  write: (sink: ByteSink) => Promise<Result>,
): Promise<Result> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.part`);
  let handle: FileHandle;
  try {
    handle = await open(temporary, 'wx');
  } catch (cause) {
    throw writeError(path, cause);
  }
  try {
    const sink = bufferedSink(async (bytes) => {
      try {
        let written = 0;
        while (written < bytes.byteLength) {
          written += (await handle.write(bytes, written, bytes.byteLength - written)).bytesWritten;
        }
      } catch (cause) {
        throw writeError(path, cause);
      }
    });
    const result = await write(sink);
    await sink.finish();
    try {
      await handle.sync();
      await handle.close();
      await rename(temporary, path);
    } catch (cause) {
      throw writeError(path, cause);
    }
    return result;
  } catch (error) {
    // The first error counts; a second one while tidying up says nothing more.
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

function bufferedSink(writeOut: (bytes: Uint8Array) => Promise<void>): ByteSink & { finish(): Promise<void> } {
  const buffer = new Uint8Array(bufferBytes);
  let filled = 0;
  const finish = async (): Promise<void> => {
    const full = buffer.subarray(0, filled);
    filled = 0;
    await writeOut(full);
  };
  return {
    async write(bytes) {
      if (filled + bytes.byteLength > bufferBytes) await finish();
      if (bytes.byteLength > bufferBytes) return writeOut(bytes);
      buffer.set(bytes, filled);
      filled += bytes.byteLength;
    },
    finish,
  };
}

function writeError(path: string, cause: unknown): SpeechTokensError<'file-write'> {
  return new SpeechTokensError('file-write', {
    problem: `The file ${path} cannot be written`,
    found: cause instanceof Error ? cause.message : String(cause),
    remedy: 'Check that the folder exists, may be written to, and has room',
    details: { path },
    cause,
  });
}
