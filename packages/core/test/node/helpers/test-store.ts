import { join } from 'node:path';
import { createModelStore, type ModelStoreOptions, type NodeModelStore } from '../../../src/node/index.ts';

/** A store that agrees to everything, tries again at once, and sees nothing of the machine that it runs on. */
export function testStore(folder: string, options: ModelStoreOptions = {}): NodeModelStore {
  return createModelStore({
    cacheDirectory: join(folder, 'cache'),
    environment: { HF_HOME: join(folder, 'hf') },
    consent: async () => true,
    stallTimeoutMs: 20_000,
    ...options,
    retry: { attempts: 3, firstDelayMs: 1, longestDelayMs: 2, longestRetryAfterMs: 2_000, ...options.retry },
    lock: { heartbeatMs: 50, staleAfterMs: 20_000, pollMs: 5, ...options.lock },
  });
}

/** The error of a call that has to fail. */
export async function failureOf(work: Promise<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
}
