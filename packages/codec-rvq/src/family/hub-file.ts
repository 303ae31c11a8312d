import type { ModelFile } from '@speech-tokens/core';

/**
 * A file of a hub repository, newest revision: the store resolves it to a commit, checks it against the hub's own hash,
 * and pins both on first use.
 */
export function hubFile(repository: string, file: string, licence: string): ModelFile {
  return { name: file, source: { type: 'hub', repository, revision: 'main', file }, licence };
}
