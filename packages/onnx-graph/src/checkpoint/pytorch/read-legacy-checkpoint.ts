import type { ByteSource } from '@speech-tokens/core';
import type { Checkpoint } from '../checkpoint.ts';
import { checkpointError } from '../checkpoint-fault.ts';
import { type FlatCheckpoint, flattenCheckpoint } from './flatten-checkpoint.ts';
import { parsePickle } from './parse-pickle.ts';
import { persistentStorage } from './persistent-storage.ts';
import { asCheckpointError, maximumPickleBytes } from './pickle-errors.ts';
import { PickleFault, PickleUnfinished } from './pickle-fault.ts';
import { kindOf, type PickleValue, type TorchStorage } from './pickle-value.ts';
import { placeTensors, type StoragePlace } from './place-tensors.ts';
import { torchGlobals } from './torch-globals.ts';

type Contents = Pick<Checkpoint, 'tensors' | 'unusable' | 'values'>;

const magicNumber = 0x1950a86a20f9469cfc6cn;
const protocolVersion = 1001;
const firstReadBytes = 1 << 18;

/**
 * Reads the contents of a PyTorch checkpoint in the format before version 1.6: five pickles (a magic number, a version,
 * facts of the machine, the object, the keys of the storages), then each storage in the order of the keys, as a count
 * of elements in 8 bytes and the elements.
 * @param file the path that the tensors are given
 * @throws SpeechTokensError `checkpoint-invalid`
 * Source: pytorch/pytorch, `torch/serialization.py` (`_legacy_save`, `_legacy_load`) and
 * `torch/csrc/serialization.cpp` (`THPStorage_writeFileRaw`).
 */
export async function readLegacyCheckpoint(source: ByteSource, path: string, file: string): Promise<Contents> {
  const index = await readIndex(source, path);
  const places = await findStorages(source, index, path);
  const placeOf = ({ key }: TorchStorage): StoragePlace => places.get(key)!;
  return { ...placeTensors(index.flat.tensors, placeOf, path, file), values: index.flat.values };
}

interface LegacyIndex {
  readonly flat: FlatCheckpoint;
  /** Keys in the order of the storages in the file. */
  readonly keys: readonly string[];
  /** Bytes of one element of each storage that the object refers to. */
  readonly elementBytes: ReadonlyMap<string, number>;
  readonly endBytes: number;
}

/** Where the pickles end is known only when they have been read: tries with more and more of the file. */
async function readIndex(source: ByteSource, path: string): Promise<LegacyIndex> {
  const availableBytes = Math.min(source.sizeBytes, maximumPickleBytes);
  for (let sizeBytes = firstReadBytes; ; sizeBytes *= 4) {
    const bytes = await source.read(0, Math.min(sizeBytes, availableBytes));
    try {
      return asCheckpointError(path, () => parseIndex(bytes, path));
    } catch (error) {
      const isUnfinished = error instanceof Error && error.cause instanceof PickleUnfinished;
      if (!isUnfinished || sizeBytes >= availableBytes) throw error;
    }
  }
}

function parseIndex(bytes: Uint8Array, path: string): LegacyIndex {
  const elementBytes = new Map<string, number>();
  let at = 0;
  const next = (persistent: (id: PickleValue) => PickleValue): PickleValue => {
    const { value, endBytes } = parsePickle(bytes, at, { globals: torchGlobals, persistent });
    at = endBytes;
    return value;
  };
  const plain = (): PickleValue =>
    next((id) => {
      throw new PickleFault(`${kindOf(id)} as a reference`, true);
    });
  const magic = plain();
  if (magic !== magicNumber) {
    throw checkpointError(path, {
      problem: 'The file is a pickle, but not a PyTorch checkpoint',
      found: typeof magic === 'object' ? kindOf(magic) : String(magic).slice(0, 60),
      wanted: `the number ${magicNumber}`,
      remedy: 'Use a file that torch.save wrote; other pickles are never read',
    });
  }
  const version = plain();
  if (version !== protocolVersion) throw new PickleFault(`version ${String(version)} of the format`);
  checkByteOrder(plain(), path);
  const object = next((id) => {
    const storage = persistentStorage(id);
    const known = elementBytes.get(storage.key);
    const size = storage.dtype?.sizeBytes ?? 1;
    if (known !== undefined && known !== size) throw new PickleFault(`the storage ${storage.key} with two types`);
    elementBytes.set(storage.key, size);
    return storage;
  });
  const flat = flattenCheckpoint(object);
  const keys = keysOf(plain());
  return { flat, keys, elementBytes, endBytes: at };
}

function keysOf(value: PickleValue): readonly string[] {
  const items = typeof value === 'object' && value !== null && value.kind === 'list' ? value.items : undefined;
  const keys = items?.filter((item) => typeof item === 'string');
  if (items === undefined || keys?.length !== items.length) {
    throw new PickleFault(`${kindOf(value)} for the keys of the storages`);
  }
  return keys;
}

function checkByteOrder(facts: PickleValue, path: string): void {
  const isLittle =
    typeof facts === 'object' && facts !== null && facts.kind === 'dict' && facts.entries.get('little_endian');
  if (isLittle !== true) {
    throw checkpointError(path, {
      problem: 'The numbers of the PyTorch checkpoint are in another byte order',
      found: 'little_endian is not true',
      remedy: 'Save it again on a little-endian machine',
    });
  }
}

async function findStorages(source: ByteSource, index: LegacyIndex, path: string): Promise<Map<string, StoragePlace>> {
  const places = new Map<string, StoragePlace>();
  const countBytes = 8;
  let at = index.endBytes;
  for (const key of index.keys) {
    const elementBytes = index.elementBytes.get(key);
    if (elementBytes === undefined || places.has(key)) {
      throw checkpointError(path, {
        problem: `The storage ${JSON.stringify(key)} in the PyTorch checkpoint belongs to no tensor, or is there twice`,
      });
    }
    const isCut = at + countBytes > source.sizeBytes;
    const head = isCut ? undefined : await source.read(at, countBytes);
    const count = head && new DataView(head.buffer, head.byteOffset, countBytes).getBigUint64(0, true);
    const sizeBytes = Number(count) * elementBytes;
    if (count === undefined || !(at + countBytes + sizeBytes <= source.sizeBytes)) {
      throw checkpointError(path, {
        problem: `The PyTorch checkpoint is cut off in the storage ${JSON.stringify(key)}`,
        found: `a file of ${source.sizeBytes} bytes`,
        wanted: `${count ?? 'some'} elements of ${elementBytes} bytes after byte ${at + countBytes}`,
      });
    }
    places.set(key, { offsetBytes: at + countBytes, sizeBytes });
    at += countBytes + sizeBytes;
  }
  const missing = [...index.elementBytes.keys()].find((key) => !places.has(key));
  if (missing !== undefined) {
    throw checkpointError(path, {
      problem: `The storage ${JSON.stringify(missing)} is not in the PyTorch checkpoint`,
    });
  }
  if (at !== source.sizeBytes) {
    throw checkpointError(path, {
      problem: 'Bytes follow the last storage of the PyTorch checkpoint',
      found: `${source.sizeBytes} bytes`,
      wanted: `${at} bytes`,
    });
  }
  return places;
}
