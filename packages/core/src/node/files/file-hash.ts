import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';

export interface FileHashes {
  readonly sha256: string;
  readonly sizeBytes: number;
  /** SHA-1 of git's object for these bytes (`blob <size>`, a zero byte, the bytes), where it was asked for. */
  readonly gitBlobSha1?: string;
}

export interface HashFileOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes read so far. */
  readonly onBytes?: ((doneBytes: number) => void) | undefined;
  /** The file's size, where git's hash is wanted too: it goes before the bytes. */
  readonly gitBlobSizeBytes?: number | undefined;
}

/** Hashes a file without holding more than a piece of it in memory. An abort rejects with the signal's reason. */
export async function hashFile(path: string, options: HashFileOptions = {}): Promise<FileHashes> {
  const { signal, onBytes, gitBlobSizeBytes } = options;
  signal?.throwIfAborted();
  const sha256 = createHash('sha256');
  const git = gitBlobSizeBytes === undefined ? undefined : startGitBlobHash(gitBlobSizeBytes);
  let sizeBytes = 0;
  // Leaving the loop, also by an abort, closes the file.
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    signal?.throwIfAborted();
    sha256.update(piece);
    git?.update(piece);
    sizeBytes += piece.length;
    onBytes?.(sizeBytes);
  }
  return { sha256: sha256.digest('hex'), sizeBytes, ...(git && { gitBlobSha1: git.digest('hex') }) };
}

/** Git names a file by this hash; so does the hub, for files that are not in its large file storage. */
function startGitBlobHash(sizeBytes: number): Hash {
  return createHash('sha1').update(`blob ${sizeBytes}\0`);
}

/** SHA-256 of a text, as lower-case hex. */
export function sha256OfText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
