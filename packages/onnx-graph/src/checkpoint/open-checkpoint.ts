import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ByteSource, SpeechTokensError } from '@speech-tokens/core';
import { openFileSource } from '@speech-tokens/core/node/files';
import type { Checkpoint } from './checkpoint.ts';
import { checkpointError } from './checkpoint-fault.ts';
import { openPytorchCheckpoint } from './pytorch/open-pytorch-checkpoint.ts';
import { openSafetensorsCheckpoint } from './safetensors-checkpoint.ts';
import { openShardedCheckpoint } from './sharded-checkpoint.ts';

/** The names that weights have on the Hugging Face hub; where a folder has several, the first of them counts. */
export const checkpointFileNames: readonly string[] = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
];

/**
 * Opens weights of any kind as a checkpoint: a safetensors file, a PyTorch checkpoint, the index of a sharded one, or a
 * folder that has one of `checkpointFileNames`. What a file is follows from its bytes, not from its name.
 * @throws SpeechTokensError `checkpoint-invalid`, `file-read`
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const names = await readdir(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EACCES' || cause.code === 'EPERM') throw closedFolder(path, cause);
    // No folder, or nothing at all: for the readers of files to judge.
    return undefined;
  });
  if (names === undefined) return await openFile(path);
  const name = checkpointFileNames.find((wanted) => names.includes(wanted));
  if (name !== undefined) return await openFile(join(path, name));
  throw checkpointError(path, {
    problem: 'The folder has no weights',
    found: names.length === 0 ? 'an empty folder' : `${names.length} other files`,
    wanted: checkpointFileNames.join(' or '),
    remedy: 'Give the folder of a model in the format of the Hugging Face hub, or the file itself',
  });
}

async function openFile(path: string): Promise<Checkpoint> {
  switch (await kindOf(path)) {
    case 'pytorch':
      return await openPytorchCheckpoint(path);
    case 'safetensors':
      return await openSafetensorsCheckpoint(path);
    case 'index':
      return await openShardedCheckpoint(path, openShard);
  }
}

async function openShard(path: string): Promise<Checkpoint> {
  const kind = await kindOf(path);
  if (kind === 'index') throw checkpointError(path, { problem: 'A file of the checkpoint is an index itself' });
  return kind === 'pytorch' ? await openPytorchCheckpoint(path) : await openSafetensorsCheckpoint(path);
}

async function kindOf(path: string): Promise<'pytorch' | 'safetensors' | 'index'> {
  await using source = await openFileSource(path);
  return await recognise(source, path);
}

/**
 * A safetensors file starts with the length of its header in 8 bytes, below 2^32, and a brace. No other kind has such
 * bytes there, but the first of them may look like another kind's: it is asked first.
 */
async function recognise(source: ByteSource, path: string): Promise<'pytorch' | 'safetensors' | 'index'> {
  const start = await source.read(0, Math.min(64, source.sizeBytes));
  const text = new TextDecoder('latin1').decode(start);
  if (text.slice(4, 9) === '\0\0\0\0{') return 'safetensors';
  if (text.startsWith('PK') || start[0] === 0x80) return 'pytorch';
  if (/^(?:\u00ef\u00bb\u00bf)?\s*\{/.test(text)) return 'index';
  if (text.startsWith('version https://git-lfs.github.com/')) {
    throw checkpointError(path, {
      problem: 'The file only points to the weights',
      found: 'a pointer of Git LFS',
      remedy: 'Run `git lfs pull` in the folder, or download the file itself',
    });
  }
  throw checkpointError(path, {
    problem: 'The file is of no kind of checkpoint that is known',
    found: start.byteLength === 0 ? 'an empty file' : `a file that starts with ${JSON.stringify(text.slice(0, 16))}`,
    wanted: 'safetensors, a PyTorch checkpoint, or the index of one of them',
    remedy: 'Give the file of the weights, or the folder that holds it',
  });
}

function closedFolder(path: string, cause: unknown): SpeechTokensError<'file-read'> {
  return new SpeechTokensError('file-read', {
    problem: `${path}: Not allowed to read`,
    remedy: 'Check the permissions of the folder',
    details: { path },
    cause,
  });
}
