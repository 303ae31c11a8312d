import { dirname, join, posix } from 'node:path';
import { readCheckpointIndex } from '../../checkpoint-index/read-checkpoint-index.ts';
import type { CallOptions } from '../../contract/call-options.ts';
import type { ModelFile, ModelStore, ResolvedModelFile } from '../../contract/model-file.ts';
import { isSpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { sha256OfText } from '../files/file-hash.ts';
import { openFileSource } from '../files/file-source.ts';
import type { HubSource } from './hub-metadata.ts';
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
  return wholeOf(path, resolved);
}

/**
 * The index of weights in several files of a hub repository, with those files, which come to lie beside it.
 * @param resolve of one file of the hub
 * @throws SpeechTokensError `checkpoint-invalid`, `model-missing` where a cache holds them apart, and as `resolve`
 */
export async function resolveHubSharded(
  resolve: (file: ModelFile, source: HubSource) => Promise<ResolvedModelFile>,
  index: ModelFile,
  source: HubSource,
): Promise<ResolvedModelFile> {
  const resolved = [await resolve(index, source)];
  const { path } = resolved[0]!;
  const names = [...new Set((await readIndex(path)).values())].sort();
  for (const name of names) {
    const shardSource: HubSource = { ...source, file: posix.join(posix.dirname(source.file), name) };
    const shard = await resolve({ name, licence: index.licence, source: shardSource }, shardSource);
    if (shard.path !== join(dirname(path), name)) {
      const remedy = "Load the model from the folder of its snapshot in Hugging Face's cache, as a checkpoint folder";
      throw missing(join(dirname(path), name), `${name} in the folder of ${index.name}, not at ${shard.path}`, remedy);
    }
    resolved.push(shard);
  }
  return wholeOf(path, resolved);
}

function wholeOf(path: string, resolved: readonly ResolvedModelFile[]): ResolvedModelFile {
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
