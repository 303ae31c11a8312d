import { type ByteSource, bytesSource, type CallOptions, SpeechTokensError } from '@speech-tokens/core';
import { orAbort } from '../abort.ts';
import type { SpillFile } from './spill-file.ts';

export interface BufferReadableOptions extends CallOptions {
  /** For messages; `standard input` by default. */
  readonly name?: string;
  /** What is kept in memory; more goes to a temporary file. 64 MiB by default. */
  readonly maxMemoryBytes?: number;
  /** More than this is refused; 16 GiB by default. */
  readonly maxBytes?: number;
  /** Where the temporary file goes; the system's place by default. */
  readonly temporaryDirectory?: string;
}

/**
 * Reads a stream that cannot go back (standard input, a pipe, a download) to its end, so that it can be opened like a
 * file. Closing the source, or the audio file opened from it, removes the temporary file.
 * @throws SpeechTokensError `file-read` when the stream fails or is longer than `maxBytes`
 * @throws SpeechTokensError `file-write` when the temporary file cannot be written
 */
export async function bufferReadable(
  stream: AsyncIterable<Uint8Array>,
  options: BufferReadableOptions = {},
): Promise<ByteSource> {
  const { signal, onProgress, name = 'standard input' } = options;
  const { maxMemoryBytes = 64 * 2 ** 20, maxBytes = 16 * 2 ** 30, temporaryDirectory } = options;
  let pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  let spill: SpillFile | undefined;
  const iterator = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await orAbort(nextPiece(iterator, name), signal);
      if (done) break;
      sizeBytes += value.length;
      if (sizeBytes > maxBytes) throw tooLong(name, maxBytes);
      // Copied: a stream may use its buffer again.
      pieces.push(value.slice());
      if (spill !== undefined || sizeBytes > maxMemoryBytes) {
        // Loaded here only, so that a browser never meets it.
        spill ??= await (await import('./spill-file.ts')).openSpillFile(temporaryDirectory);
        for (const piece of pieces) await spill.append(piece);
        pieces = [];
      }
      onProgress?.({ stage: `Reading ${name}`, done: sizeBytes, unit: 'bytes' });
    }
  } catch (error) {
    await spill?.remove();
    // Not awaited: a stream that hangs must not hold up its own abort.
    iterator.return?.().catch(() => {});
    throw error;
  }
  if (spill === undefined) return joinedSource(pieces, sizeBytes, name);
  return spill.source(name, sizeBytes);
}

async function nextPiece(iterator: AsyncIterator<Uint8Array>, name: string): Promise<IteratorResult<Uint8Array>> {
  try {
    return await iterator.next();
  } catch (cause) {
    throw new SpeechTokensError('file-read', {
      problem: `${name}: Reading failed`,
      remedy: 'Check the program that writes it',
      details: { path: name },
      cause,
    });
  }
}

function joinedSource(pieces: readonly Uint8Array[], sizeBytes: number, name: string): ByteSource {
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytesSource(bytes, name);
}

function tooLong(name: string, maxBytes: number): SpeechTokensError {
  return new SpeechTokensError('file-read', {
    problem: `${name}: Longer than allowed`,
    found: `more than ${maxBytes} bytes`,
    remedy: 'Give a file instead, or raise maxBytes',
    details: { path: name },
  });
}
