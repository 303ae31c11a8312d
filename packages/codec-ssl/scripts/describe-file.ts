import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ResolvedModelFile } from '@speech-tokens/core';

/** A file with its size and hash, as a store of models gives it. */
export async function describeFile(path: string): Promise<ResolvedModelFile> {
  const bytes = await readFile(path);
  return { path, sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length };
}
