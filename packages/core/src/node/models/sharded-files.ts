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
  for (const name of await shardNames(path)) {
    const shard = besideIndex(index, path, name);
    try {
      resolved.push(await store.resolve(shard, options));
    } catch (error) {
      if (!isSpeechTokensError(error, 'model-missing')) throw error;
      throw missing(
        shard.source.path,
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
  for (const name of await shardNames(path)) {
    const file = besideHubIndex(index, source, name);
    const shard = await resolve(file, file.source);
    if (shard.path !== join(dirname(path), name)) {
      const remedy = "Load the model from the folder of its snapshot in Hugging Face's cache, as a checkpoint folder";
      throw missing(join(dirname(path), name), `${name} in the folder of ${index.name}, not at ${shard.path}`, remedy);
    }
    resolved.push(shard);
  }
  return wholeOf(path, resolved);
}

/**
 * The files that an index of a hub repository names, each as a file of its own.
 * @param path of the index on this machine
 * @throws SpeechTokensError `checkpoint-invalid`, `file-read`
 */
export async function hubShardsOf(index: ModelFile, source: HubSource, path: string): Promise<readonly ModelFile[]> {
  return (await shardNames(path)).map((name) => besideHubIndex(index, source, name));
}

function besideIndex({ licence }: ModelFile, path: string, name: string) {
  return { name, licence, source: { type: 'path', path: join(dirname(path), name) } } as const;
}

function besideHubIndex({ licence }: ModelFile, source: HubSource, name: string) {
  return { name, licence, source: { ...source, file: posix.join(posix.dirname(source.file), name) } } as const;
}

function wholeOf(path: string, resolved: readonly ResolvedModelFile[]): ResolvedModelFile {
  return {
    path,
    sha256: sha256OfText(resolved.map(({ sha256 }) => sha256).join(' ')),
    sizeBytes: resolved.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

async function shardNames(path: string): Promise<readonly string[]> {
  await using source = await openFileSource(path);
  return [...new Set((await readCheckpointIndex(source, path)).values())].sort();
}
