import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readCheckpointIndex } from '@speech-tokens/core';
import { openFileSource } from '@speech-tokens/core/node/files';
import type { Checkpoint, CheckpointTensor } from './checkpoint.ts';
import { checkpointError } from './checkpoint-fault.ts';
import { commonDirectory } from './real-location.ts';

/**
 * Opens a checkpoint of several files by its index, see `readCheckpointIndex`. The files lie beside the index. Tensors of
 * a file that the index does not name are left out.
 * @param openShard opens one file
 * @throws SpeechTokensError `checkpoint-invalid` for a file that is missing or lies elsewhere, a tensor that is not in
 * its file, and one that is in two; `file-read`
 */
export async function openShardedCheckpoint(
  path: string,
  openShard: (path: string) => Promise<Checkpoint>,
): Promise<Checkpoint> {
  const weightMap = await readIndex(path);
  const shards = new Map<string, Checkpoint>();
  for (const name of new Set(weightMap.values())) {
    const shardPath = join(dirname(path), name);
    if (!(await exists(shardPath))) {
      const [tensor] = [...weightMap].find(([, file]) => file === name)!;
      throw checkpointError(path, {
        problem: 'A file of the checkpoint is missing',
        wanted: shardPath,
        remedy: 'Get all the files that the index names',
        tensor,
      });
    }
    shards.set(name, await openShard(shardPath));
  }
  const tensors = new Map<string, CheckpointTensor>();
  const unusable = new Map<string, string>();
  for (const [name, file] of weightMap) {
    checkOnlyIn(name, file, shards, path);
    const shard = shards.get(file)!;
    const tensor = shard.tensors.get(name);
    const obstacle = shard.unusable?.get(name);
    if (tensor !== undefined) tensors.set(name, tensor);
    if (obstacle !== undefined) unusable.set(name, obstacle);
  }
  const files = [...tensors.values()].map((tensor) => tensor.path);
  return { directory: commonDirectory(files.length > 0 ? files : [path]), path, tensors, unusable };
}

async function readIndex(path: string): Promise<ReadonlyMap<string, string>> {
  await using source = await openFileSource(path);
  return await readCheckpointIndex(source, path);
}

function checkOnlyIn(name: string, file: string, shards: ReadonlyMap<string, Checkpoint>, path: string): void {
  const holders = [...shards].filter(([, { tensors, unusable }]) => tensors.has(name) || unusable?.has(name));
  if (holders.length === 1 && holders[0]![0] === file) return;
  throw checkpointError(path, {
    problem: `The index and the files of the checkpoint disagree on the tensor ${JSON.stringify(name)}`,
    found: holders.length === 0 ? 'no file that has it' : `it in ${holders.map(([holder]) => holder).join(' and ')}`,
    wanted: `it in ${file} only`,
    tensor: name,
  });
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}
