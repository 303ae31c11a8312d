import type { ByteSource } from '@speech-tokens/core';
import type { Checkpoint } from '../checkpoint.ts';
import { checkpointError } from '../checkpoint-fault.ts';
import { locateStoredFile, readZipDirectory, type ZipDirectory } from '../zip/zip-directory.ts';
import { flattenCheckpoint } from './flatten-checkpoint.ts';
import { parsePickle } from './parse-pickle.ts';
import { persistentStorage } from './persistent-storage.ts';
import { asCheckpointError, maximumPickleBytes } from './pickle-errors.ts';
import { placeTensors, type StoragePlace } from './place-tensors.ts';
import { torchGlobals } from './torch-globals.ts';

type Contents = Pick<Checkpoint, 'tensors' | 'unusable' | 'values'>;

/**
 * Reads the contents of a PyTorch checkpoint in today's format: a zip archive with one folder, in it `data.pkl` and the
 * storages as `data/0`, `data/1`, …, all stored as they are.
 * @param file the path that the tensors are given
 * @throws SpeechTokensError `checkpoint-invalid`
 * Source: pytorch/pytorch, `torch/serialization.py` (`_save`, `_load`) and `caffe2/serialize/inline_container.cc`.
 */
export async function readZipCheckpoint(source: ByteSource, path: string, file: string): Promise<Contents> {
  const directory = await readZipDirectory(source, path);
  const folder = folderOf(directory, path);
  await checkByteOrder(source, directory, folder, path);
  const pickle = await readSmallFile(source, directory, `${folder}/data.pkl`, maximumPickleBytes, path);
  const { tensors, values } = asCheckpointError(path, () => {
    const { value, endBytes } = parsePickle(pickle, 0, { globals: torchGlobals, persistent: persistentStorage });
    if (endBytes !== pickle.byteLength) {
      throw checkpointError(path, {
        problem: 'Bytes follow the pickle of the PyTorch checkpoint',
        found: `${pickle.byteLength - endBytes}`,
      });
    }
    return flattenCheckpoint(value);
  });
  const places = new Map<string, StoragePlace>();
  for (const [name, { storage }] of tensors) {
    if (places.has(storage.key)) continue;
    const entry = directory.entries.get(`${folder}/data/${storage.key}`);
    if (entry === undefined) {
      throw checkpointError(path, {
        problem: `The storage of the tensor ${JSON.stringify(name)} is not in the file`,
        wanted: `${folder}/data/${storage.key}`,
        tensor: name,
      });
    }
    places.set(storage.key, await locateStoredFile(source, directory, entry, path));
  }
  return { ...placeTensors(tensors, ({ key }) => places.get(key)!, path, file), values };
}

function folderOf({ entries }: ZipDirectory, path: string): string {
  const folders = [...entries.keys()]
    .filter((name) => /^[^/]+\/data\.pkl$/.test(name))
    .map((name) => name.slice(0, -9));
  const [folder] = folders;
  if (folder === undefined || folders.length > 1) {
    throw checkpointError(path, {
      problem: 'The zip archive is not a PyTorch checkpoint',
      found: folder === undefined ? `${entries.size} other files` : `${folders.length} files of the name data.pkl`,
      wanted: 'one folder with a file data.pkl',
      remedy: 'Use a file that torch.save wrote',
    });
  }
  if (entries.has(`${folder}/constants.pkl`)) {
    throw checkpointError(path, {
      problem: 'The file is a TorchScript program, not a checkpoint',
      found: `${folder}/constants.pkl`,
      remedy: 'Use the checkpoint that it was made from, or save its state_dict()',
    });
  }
  return folder;
}

async function checkByteOrder(source: ByteSource, directory: ZipDirectory, folder: string, path: string) {
  const name = `${folder}/byteorder`;
  if (!directory.entries.has(name)) return;
  const order = new TextDecoder().decode(await readSmallFile(source, directory, name, 16, path));
  if (order !== 'little') {
    throw checkpointError(path, {
      problem: 'The numbers of the PyTorch checkpoint are in another byte order',
      found: JSON.stringify(order),
      wanted: '"little"',
      remedy: 'Save it again on a little-endian machine',
    });
  }
}

async function readSmallFile(
  source: ByteSource,
  directory: ZipDirectory,
  name: string,
  maximumBytes: number,
  path: string,
): Promise<Uint8Array> {
  const { offsetBytes, sizeBytes } = await locateStoredFile(source, directory, directory.entries.get(name)!, path);
  if (sizeBytes > maximumBytes) {
    throw checkpointError(path, {
      problem: `The file ${JSON.stringify(name)} in the PyTorch checkpoint is too long`,
      found: `${sizeBytes} bytes`,
      wanted: `at most ${maximumBytes}`,
    });
  }
  return await source.read(offsetBytes, sizeBytes);
}
