import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** SHA-256 of a file in lower-case hex, and its size. */
export async function hashFile(
  path: string,
  signal: AbortSignal,
): Promise<{ readonly sha256: string; readonly sizeBytes: number }> {
  const hasher = createHash('sha256');
  let sizeBytes = 0;
  for await (const bytes of createReadStream(path, { signal, highWaterMark: 2 ** 20 })) {
    hasher.update(bytes);
    sizeBytes += (bytes as Uint8Array).length;
  }
  return { sha256: hasher.digest('hex'), sizeBytes };
}
