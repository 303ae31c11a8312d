import { realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ModelFile, ModelStore } from '../../contract/model-file.ts';
import { checkRelativePath } from './cache-layout.ts';
import { missing } from './model-errors.ts';

/**
 * A store that takes the files of one component from a folder, by their names, and everything else from another
 * store. The files in the folder are someone's own: their hashes and sizes need not be the declared ones.
 *
 * @param componentModels the `models` of the component
 * @throws SpeechTokensError `model-missing` (from `resolve`) when the folder lacks one of them
 */
export function withCheckpointDirectory(
  store: ModelStore,
  directory: string,
  componentModels: readonly ModelFile[],
): ModelStore {
  const folder = resolve(directory);
  const names = new Set(componentModels.map((model) => model.name));
  return {
    async resolve(file, options) {
      if (!names.has(file.name)) return store.resolve(file, options);
      checkRelativePath('name', file.name);
      const path = join(folder, ...file.name.split('/'));
      const isFile = await stat(path).then(
        (found) => found.isFile(),
        () => false,
      );
      if (!isFile) {
        const isFolder = (await realpath(folder).catch(() => undefined)) !== undefined;
        throw missing(
          path,
          `${file.name} in the checkpoint folder ${folder}${isFolder ? '' : ', which does not exist'}`,
          `Put all files of the checkpoint there: ${[...names].join(', ')}`,
        );
      }
      return store.resolve({ name: file.name, licence: file.licence, source: { type: 'path', path } }, options);
    },
  };
}
