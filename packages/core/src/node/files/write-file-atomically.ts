import type { ByteSink } from '../../bytes/byte-source.ts';
import { openPartialFile } from './partial-file.ts';

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
  const file = await openPartialFile(path);
  try {
    const sink = bufferedSink((bytes) => file.append(bytes));
    const result = await write(sink);
    await sink.finish();
    await file.commit();
    return result;
  } catch (error) {
    // The first error counts; a second one while tidying up says nothing more.
    await file.discard().catch(() => undefined);
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
