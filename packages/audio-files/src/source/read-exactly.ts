import { type ByteSource, SpeechTokensError } from '@speech-tokens/core';
import { orAbort } from '../abort.ts';

/**
 * Bytes that lie within a source. Rejects promptly when the signal aborts, and does not trust a source of someone
 * else's to give as many as it was asked for.
 * @throws SpeechTokensError `file-read` when the source gives fewer or more; what the source itself throws
 */
export async function readExactly(
  source: ByteSource,
  offsetBytes: number,
  lengthBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const options = signal === undefined ? {} : { signal };
  const bytes = await orAbort(source.read(offsetBytes, lengthBytes, options), signal);
  if (bytes.length === lengthBytes) return bytes;
  throw new SpeechTokensError('file-read', {
    problem: `${source.name}: A read from byte ${offsetBytes} gave another number of bytes than it should`,
    found: `${bytes.length} bytes`,
    wanted: `${lengthBytes} bytes, as the source says that it has ${source.sizeBytes}`,
    remedy: 'Check that nothing changes the source while it is read',
    details: { path: source.name },
  });
}
