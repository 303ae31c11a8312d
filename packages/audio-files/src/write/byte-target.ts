import type { Writable } from 'node:stream';
import { SpeechTokensError } from '@speech-tokens/core';
import { openPartialFile } from '@speech-tokens/core/node/files';

/** Where the bytes of a file go that is being written. Calls do not overlap. */
export interface ByteTarget {
  append(bytes: Uint8Array): Promise<void>;
  /** Makes the result valid and visible; `header` replaces the first bytes where the target can go back. Should it fail, `discard`. */
  commit(header: Uint8Array): Promise<void>;
  /** Leaves nothing behind where the target can take back. */
  discard(): Promise<void>;
}

/**
 * A file that appears under its name only when it is complete: until then it has a unique name beside it.
 * @throws SpeechTokensError `file-write`
 */
export async function openFileTarget(path: string): Promise<ByteTarget> {
  const file = await openPartialFile(path);
  return {
    append: file.append,
    async commit(header) {
      await file.replaceStart(header);
      await file.commit();
    },
    discard: file.discard,
  };
}

/** A stream such as standard output. It stays open: whoever made it ends it. */
export function streamTarget(stream: Writable): ByteTarget {
  // An `error` event follows a failed write in a later tick, and must still find someone. One listener for all writes:
  // many small ones may follow each other within a tick.
  const onError = (): void => {};
  let isListening = false;
  const release = async (): Promise<void> => {
    setImmediate(() => stream.off('error', onError));
  };
  return {
    append: (bytes) =>
      new Promise((resolve, reject) => {
        if (!isListening) stream.on('error', onError);
        isListening = true;
        stream.write(bytes, (cause) => {
          if (cause) reject(streamError(cause));
          else resolve();
        });
      }),
    commit: release,
    discard: release,
  };
}

function streamError(cause: unknown): SpeechTokensError {
  const code = (cause as NodeJS.ErrnoException)?.code ?? String(cause);
  const reader = 'The reader of the output went away: keep it running until the end';
  return new SpeechTokensError('file-write', {
    problem: `The output stream cannot be written (${code})`,
    remedy: code === 'EPIPE' ? reader : 'Check what the stream leads to',
    details: { path: 'the output stream' },
    cause,
  });
}
