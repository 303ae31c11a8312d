import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelStore } from '@speech-tokens/core';
import { createModelStore } from '@speech-tokens/core/node';

/** A store that finds what ships with this package, and nothing else: no cache, no network. */
export function bundledModels(): ModelStore {
  return createModelStore({
    cacheDirectory: join(tmpdir(), 'no-models'),
    huggingFaceCacheDirectory: false,
    offline: true,
  });
}
