import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import { type ByteSource, checkByteRange } from './byte-source.ts';

/**
 * A `Blob`, or a `File` of a browser, as a source of bytes: only what is asked for is read.
 * @param name the name of a `File` where absent
 * @throws SpeechTokensError `file-read`, from `read` (a file that was changed or removed since it was chosen)
 */
export function blobSource(blob: Blob, name: string = nameOf(blob)): ByteSource {
  const sizeBytes = blob.size;
  return {
    name,
    sizeBytes,
    async read(offsetBytes, lengthBytes, options) {
      options?.signal?.throwIfAborted();
      checkByteRange({ name, sizeBytes }, offsetBytes, lengthBytes);
      let bytes: Uint8Array;
      try {
        bytes = new Uint8Array(await blob.slice(offsetBytes, offsetBytes + lengthBytes).arrayBuffer());
      } catch (cause) {
        throw new SpeechTokensError('file-read', {
          problem: `${name}: Reading failed`,
          found: cause instanceof Error ? cause.message : String(cause),
          remedy: 'Choose the file again: it may have been changed or removed',
          details: { path: name },
          cause,
        });
      }
      options?.signal?.throwIfAborted();
      return bytes;
    },
  };
}

function nameOf(blob: Blob): string {
  const { name } = blob as { readonly name?: unknown };
  return typeof name === 'string' ? name : 'bytes in memory';
}
