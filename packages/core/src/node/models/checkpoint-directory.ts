import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { CallOptions } from '../../contract/call-options.ts';
import type { ModelFile, ModelStore } from '../../contract/model-file.ts';
import { SpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { checkRelativePath } from './cache-layout.ts';
import { isCheckpointIndex, resolveSharded } from './sharded-files.ts';

/**
 * A store that takes the files of one component from a folder, by their names (`name`, or `checkpointNames` where there
 * are some), and everything else from another store. The files in the folder are someone's own: their hashes and sizes
 * need not be the declared ones. Of weights in several files, the index is the path, and hash and size are those of all.
 *
 * @param componentModels the `models` of the component
 * @throws SpeechTokensError `model-missing` (from `resolve`) when the folder lacks one of them, with what it has;
 * `checkpoint-invalid` when an index of weights in several files cannot be read
 */
export function withCheckpointDirectory(
  store: ModelStore,
  directory: string,
  componentModels: readonly ModelFile[],
): ModelStore {
  const folder = resolve(directory);
  const own = new Set(componentModels.map((model) => model.name));
  return {
    async resolve(file, options: CallOptions = {}) {
      if (!own.has(file.name)) return store.resolve(file, options);
      const names = file.checkpointNames ?? [file.name];
      for (const name of names) checkRelativePath('name', name);
      const name = await firstFile(folder, names);
      if (name === undefined) throw await lacking(folder, names, componentModels);
      const path = pathOf(folder, name);
      const found: ModelFile = { name, licence: file.licence, source: { type: 'path', path } };
      return isCheckpointIndex(name) ? resolveSharded(store, found, path, options) : store.resolve(found, options);
    },
  };
}

function pathOf(folder: string, name: string): string {
  return join(folder, ...name.split('/'));
}

async function firstFile(folder: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const found = await stat(pathOf(folder, name)).catch(() => undefined);
    if (found?.isFile()) return name;
  }
  return undefined;
}

async function lacking(
  folder: string,
  names: readonly string[],
  componentModels: readonly ModelFile[],
): Promise<SpeechTokensError<'model-missing'>> {
  const [isThere, found] = await contents(folder);
  const all = componentModels.map((model) => model.name).join(', ');
  return new SpeechTokensError('model-missing', {
    problem: isThere
      ? `The checkpoint folder ${folder} lacks a file of the model`
      : `The checkpoint folder ${folder} cannot be used`,
    found,
    wanted: isThere ? alternatives(names) : 'a folder with the files of the model',
    remedy: `Put all files of the checkpoint there: ${all}${names.length > 1 ? '; weights may have any of their usual names' : ''}`,
    details: { path: pathOf(folder, names[0]!) },
  });
}

/** What is in a folder, in words, and whether it is one. */
async function contents(folder: string): Promise<readonly [isThere: boolean, found: string]> {
  try {
    const names = (await readdir(folder)).sort();
    if (names.length === 0) return [true, 'an empty folder'];
    const shown = names.slice(0, 12).map((name) => JSON.stringify(name).slice(1, -1).slice(0, 80));
    const more = names.length - shown.length;
    return [true, more === 0 ? shown.join(', ') : `${shown.join(', ')} and ${more} more`];
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [false, 'a path that does not exist'];
    if (code === 'ENOTDIR') return [false, 'a file, not a folder'];
    return [false, `a folder that cannot be read (${code})`];
  }
}

function alternatives(names: readonly string[]): string {
  return [names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(' or ');
}
