import { dirname } from 'node:path';
import type { ByteSource } from '@speech-tokens/core';
import { openFileSource } from '@speech-tokens/core/node/files';
import type { Checkpoint } from '../checkpoint.ts';
import { checkpointError } from '../checkpoint-fault.ts';
import { realFile } from '../real-location.ts';
import { readLegacyCheckpoint } from './read-legacy-checkpoint.ts';
import { readZipCheckpoint } from './read-zip-checkpoint.ts';

/**
 * Opens a file that `torch.save` wrote (`.bin`, `.pt`, `.pth`, `.ckpt`, `.th`), in either of its formats, as a
 * checkpoint. Its pickle is read as data and never run: tensors, dictionaries, lists, tuples, numbers and text are
 * accepted, every other class, function or opcode is refused by name. Tensors get the names of the keys on the way to
 * them, as in `state_dict.encoder.0.weight`; they are used where they lie.
 * @throws SpeechTokensError `checkpoint-invalid`, `file-read`
 */
export async function openPytorchCheckpoint(path: string): Promise<Checkpoint> {
  const file = await realFile(path);
  await using source = await openFileSource(path);
  return { directory: dirname(file), path, ...(await readPytorchCheckpoint(source, path, file)) };
}

/** The contents of a PyTorch checkpoint, from any source of bytes. Errors as `openPytorchCheckpoint`. */
export async function readPytorchCheckpoint(
  source: ByteSource,
  path: string,
  file: string,
): Promise<Pick<Checkpoint, 'tensors' | 'unusable' | 'values'>> {
  const start = await source.read(0, Math.min(2, source.sizeBytes));
  if (start[0] === 0x50 && start[1] === 0x4b) return await readZipCheckpoint(source, path, file);
  if (start[0] === 0x80) return await readLegacyCheckpoint(source, path, file);
  throw checkpointError(path, {
    problem: 'The file is not a PyTorch checkpoint',
    found: `${start.byteLength < 2 ? source.sizeBytes : 'other'} bytes at its start`,
    wanted: 'a zip archive or a pickle, as torch.save writes them',
  });
}
