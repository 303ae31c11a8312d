import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openFileSource } from '@speech-tokens/core/node/files';
import type { Checkpoint, CheckpointTensor } from './checkpoint.ts';
import { checkpointError, quoted } from './checkpoint-fault.ts';
import { commonDirectory } from './real-location.ts';

const maximumIndexBytes = 64 << 20;
const maximumShards = 1000;

/**
 * Opens a checkpoint of several files by its index, `model.safetensors.index.json` or `pytorch_model.bin.index.json`:
 * `{"metadata": …, "weight_map": {tensor: file}}`. The files lie beside the index. Tensors of a file that the index
 * does not name are left out.
 * @param openShard opens one file
 * @throws SpeechTokensError `checkpoint-invalid` for a file that is missing or lies elsewhere, a tensor that is not in
 * its file, and one that is in two; `file-read`
 * Source: huggingface/huggingface_hub, `src/huggingface_hub/serialization/_base.py` (`StateDictSplit`).
 */
export async function openShardedCheckpoint(
  path: string,
  openShard: (path: string) => Promise<Checkpoint>,
): Promise<Checkpoint> {
  const weightMap = await readWeightMap(path);
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

/** Files by tensor. */
async function readWeightMap(path: string): Promise<ReadonlyMap<string, string>> {
  await using source = await openFileSource(path);
  if (source.sizeBytes > maximumIndexBytes) {
    throw damaged(path, `${source.sizeBytes} bytes`, `at most ${maximumIndexBytes} bytes`);
  }
  let index: unknown;
  try {
    const bytes = await source.read(0, source.sizeBytes);
    index = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof TypeError)) throw cause;
    throw damaged(path, 'text that is no JSON', 'the JSON of an index');
  }
  const isObject = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const weightMap = isObject(index) && 'weight_map' in index ? index.weight_map : undefined;
  if (!isObject(weightMap)) throw damaged(path, 'no weight_map', 'a weight_map from tensors to files');
  const files = new Map<string, string>();
  for (const [tensor, file] of Object.entries(weightMap)) files.set(tensor, checkFileName(tensor, file, path));
  const count = new Set(files.values()).size;
  if (count === 0 || count > maximumShards) throw damaged(path, `${count} files`, `1 to ${maximumShards} files`);
  return files;
}

function checkFileName(tensor: string, file: unknown, path: string): string {
  if (typeof file === 'string' && /^[^/\\:\0]+$/.test(file) && file !== '.' && file !== '..') return file;
  throw checkpointError(path, {
    problem: `The index of the checkpoint names a place that is not beside it, for the tensor ${quoted(tensor)}`,
    found: typeof file === 'string' ? quoted(file) : typeof file,
    wanted: 'the name of a file in the same folder',
    tensor,
  });
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}

function damaged(path: string, found: string, wanted: string): Error {
  return checkpointError(path, { problem: 'The index of the checkpoint cannot be read', found, wanted });
}
