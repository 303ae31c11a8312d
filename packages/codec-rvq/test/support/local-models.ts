import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelStore } from '@speech-tokens/core';

/** A store that finds every file in one folder, by name. */
export function modelsIn(directory: URL | string): ModelStore {
  const folder = typeof directory === 'string' ? directory : fileURLToPath(directory);
  return {
    async resolve({ name }) {
      const path = join(folder, name);
      const bytes = await readFile(path);
      return { path, sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length };
    },
  };
}

export const tinyDirectory: URL = new URL('../golden/tiny/', import.meta.url);
export const bundledDirectory: URL = new URL('../../models/speech-16khz/', import.meta.url);
