import type { ModelFile } from './model-file.ts';

/**
 * A file of a hub repository, newest revision: the store resolves it to a commit, checks it against the hub's own hash,
 * and pins both on first use.
 * @param file its path in the repository, which is also the name that the component asks for it by
 * @param licence of the weights, as an SPDX expression where there is one
 */
export function hubFile(repository: string, file: string, licence: string): ModelFile {
  return { name: file, source: { type: 'hub', repository, revision: 'main', file }, licence };
}
