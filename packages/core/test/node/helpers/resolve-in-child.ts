// Run with `fork`: resolves one model file and tells the parent how it goes.
import type { ModelFile } from '../../../src/index.ts';
import { createModelStore, type ModelStoreOptions } from '../../../src/node/index.ts';

export interface ChildTask {
  readonly options: ModelStoreOptions;
  readonly file: ModelFile;
}

export type ChildMessage =
  | { readonly type: 'progress'; readonly stage: string; readonly done: number }
  | { readonly type: 'resolved'; readonly path: string }
  | { readonly type: 'failed'; readonly message: string };

const { options, file } = JSON.parse(process.argv[2] ?? '') as ChildTask;
const tell = (message: ChildMessage): void => {
  process.send?.(message);
};

const store = createModelStore({ ...options, consent: async () => true });
try {
  const { path } = await store.resolve(file, {
    onProgress: ({ stage, done }) => tell({ type: 'progress', stage, done }),
  });
  tell({ type: 'resolved', path });
} catch (error) {
  tell({ type: 'failed', message: String(error) });
}
process.disconnect?.();
