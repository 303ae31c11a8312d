import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { buildSafetensorsHeader, type SafetensorsDtype } from '@speech-tokens/core';
import { openCheckpoint } from '@speech-tokens/onnx-graph';

/** A tensor of a checkpoint, with its bytes. */
export interface StoredTensor {
  readonly name: string;
  readonly type: 'float32' | 'float16';
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** The weights in a folder, of whatever kind. */
export async function readTensors(directory: string): Promise<readonly StoredTensor[]> {
  const { tensors } = await openCheckpoint(directory);
  const files = new Map<string, Buffer>();
  const stored: StoredTensor[] = [];
  for (const [name, { elementType, shape, path, offsetBytes, sizeBytes }] of tensors) {
    if (elementType !== 'float32' && elementType !== 'float16') throw new Error(`${name} is ${elementType}`);
    const file = files.get(path) ?? (await readFile(path));
    files.set(path, file);
    stored.push({ name, type: elementType, shape, bytes: file.subarray(offsetBytes, offsetBytes + sizeBytes) });
  }
  return stored;
}

export function safetensorsFile(tensors: readonly StoredTensor[]): Uint8Array {
  const dtypes: Readonly<Record<StoredTensor['type'], SafetensorsDtype>> = { float32: 'F32', float16: 'F16' };
  const { bytes } = buildSafetensorsHeader(
    tensors.map(({ name, type, shape }) => ({ name, dtype: dtypes[type], shape })),
  );
  return Buffer.concat([bytes, ...tensors.map((tensor) => tensor.bytes)]);
}

/**
 * A file as `torch.save` writes a dictionary of tensors: an archive, not compressed, with a pickle, and a file for each
 * storage. Source: pytorch/pytorch, `torch/serialization.py`.
 */
export function pytorchFile(tensors: readonly StoredTensor[]): Uint8Array {
  const classes: Readonly<Record<StoredTensor['type'], string>> = { float32: 'FloatStorage', float16: 'HalfStorage' };
  const items = tensors.flatMap(({ name, type, shape, bytes }, key) => {
    const count = bytes.length / (type === 'float32' ? 4 : 2);
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
    const storage = [
      tuple(text('storage'), global('torch', classes[type]), text(String(key)), text('cpu'), int(count)),
      op('Q'),
    ];
    const facts = [...storage, int(0), tuple(...shape.map(int)), tuple(...strides.map(int)), op('\x89'), op('}')];
    return [text(name), global('torch._utils', '_rebuild_tensor_v2'), tuple(...facts), op('R')];
  });
  const pickle = Buffer.concat([op('\x80\x02}('), ...items, op('u.')]);
  return archive([
    ['archive/data.pkl', pickle],
    ...tensors.map(({ bytes }, key): [string, Uint8Array] => [`archive/data/${key}`, bytes]),
    ['archive/version', Buffer.from('3\n')],
  ]);
}

const op = (codes: string): Buffer => Buffer.from(codes, 'latin1');
const tuple = (...items: readonly Buffer[]): Buffer => Buffer.concat([op('('), ...items, op('t')]);
const text = (value: string): Buffer => Buffer.concat([op('X'), numbers([4, value.length]), Buffer.from(value)]);
const int = (value: number): Buffer => Buffer.concat([op('J'), numbers([4, value])]);
const global = (module: string, name: string): Buffer => op(`c${module}\n${name}\n`);

function archive(files: readonly (readonly [name: string, data: Uint8Array])[]): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, data] of files) {
    // What a file's header and its entry in the directory have in common: version, flags, method, time, sizes, lengths.
    const sizes = [
      [4, crc32(data)],
      [4, data.length],
      [4, data.length],
    ] as const;
    const common = numbers([2, 20], [2, 0], [2, 0], [4, 0], ...sizes, [2, name.length], [2, 0]);
    const file = Buffer.concat([numbers([4, 0x04034b50]), common, Buffer.from(name), data]);
    const rest = numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, at]);
    directory.push(numbers([4, 0x02014b50], [2, 20]), common, rest, Buffer.from(name));
    parts.push(file);
    at += file.length;
  }
  const entries = Buffer.concat(directory);
  const counts = [
    [2, files.length],
    [2, files.length],
  ] as const;
  const end = numbers([4, 0x06054b50], [2, 0], [2, 0], ...counts, [4, entries.length], [4, at], [2, 0]);
  return Buffer.concat([...parts, entries, end]);
}

function numbers(...fields: readonly (readonly [bytes: 2 | 4, value: number])[]): Buffer {
  return Buffer.concat(
    fields.map(([bytes, value]) => {
      const field = Buffer.alloc(bytes);
      field.writeUIntLE(value, 0, bytes);
      return field;
    }),
  );
}
