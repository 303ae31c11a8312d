import { dirname, join } from 'node:path';
import { readCheckpointIndex } from '../../checkpoint-index/read-checkpoint-index.ts';
import type { CallOptions } from '../../contract/call-options.ts';
import type { ModelFile, ModelStore, ResolvedModelFile } from '../../contract/model-file.ts';
import { isSpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { sha256OfText } from '../files/file-hash.ts';
import { openFileSource } from '../files/file-source.ts';
import { missing } from './model-errors.ts';

/** Whether a file is, by its name, the index of weights in several files. */
export function isCheckpointIndex(name: string): boolean {
  return name.endsWith('.index.json');
}

/**
 * The index of weights in several files, with those files checked: the hash is that of all of them, so that other
 * weights never pass for the same. The path is that of the index as it was given, links not followed: its files are
 * looked for beside it, and in caches where names are links they are only there.
 * @throws SpeechTokensError `checkpoint-invalid`, `model-missing`, `file-read`, and as `store.resolve`
 */
export async function resolveSharded(
  store: ModelStore,
  index: ModelFile,
  path: string,
  options: CallOptions,
): Promise<ResolvedModelFile> {
  const resolved = [await store.resolve(index, options)];
  const names = [...new Set((await readIndex(path)).values())].sort();
  for (const name of names) {
    const source = { type: 'path', path: join(dirname(path), name) } as const;
    try {
      resolved.push(await store.resolve({ name, licence: index.licence, source }, options));
    } catch (error) {
      if (!isSpeechTokensError(error, 'model-missing')) throw error;
      throw missing(
        source.path,
        `${name}, which ${index.name} names`,
        'Put all files there that the index names',
        error,
      );
    }
  }
  return {
    path,
    sha256: sha256OfText(resolved.map(({ sha256 }) => sha256).join(' ')),
    sizeBytes: resolved.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

async function readIndex(path: string): Promise<ReadonlyMap<string, string>> {
  await using source = await openFileSource(path);
  return await readCheckpointIndex(source, path);
}
