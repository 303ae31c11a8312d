import { crc32 } from 'node:zlib';

/** A file of an archive, and the faults that it can be given. */
export interface ZipFile {
  readonly name: string;
  readonly data: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  /** Sizes and places in 64-bit fields of the directory. */
  readonly isWide?: boolean;
  /** Sizes after the data, and zeros in the header before them. */
  readonly hasDescriptor?: boolean;
  /** What the file's own header says, where it is not the truth. */
  readonly ownName?: string;
  readonly ownMethod?: number;
  readonly claimedBytes?: number;
  readonly claimedOffset?: number;
}

export interface ZipOptions {
  readonly comment?: string;
  /** With the records of zip64, and values that do not fit in the ordinary ones. */
  readonly isWide?: boolean;
  /** How many files the archive says to have, where it is not the truth. */
  readonly claimedCount?: number;
}

/** Bytes of an uncompressed zip archive. */
export function writeZip(files: readonly ZipFile[], options: ZipOptions = {}): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  const add = (part: Buffer): void => {
    parts.push(part);
    at += part.byteLength;
  };
  for (const file of files) {
    const { name, data, method = 0, flags = 0, hasDescriptor = false } = file;
    const offset = file.claimedOffset ?? at;
    const ownName = Buffer.from(file.ownName ?? name);
    // An extra field, as PyTorch pads with one to align the data.
    const padding = Buffer.concat([numbers([2, 0x4246], [2, 5]), Buffer.alloc(5)]);
    const sizes: Numbers[] = hasDescriptor
      ? [
          [4, 0],
          [4, 0],
          [4, 0],
        ]
      : [
          [4, crc32(data)],
          [4, data.byteLength],
          [4, data.byteLength],
        ];
    add(numbers([4, 0x04034b50], [2, 20], [2, flags], [2, file.ownMethod ?? method], [4, 0], ...sizes));
    add(numbers([2, ownName.byteLength], [2, padding.byteLength]));
    add(Buffer.concat([ownName, padding, data]));
    if (hasDescriptor) add(numbers([4, 0x08074b50], [4, crc32(data)], [4, data.byteLength], [4, data.byteLength]));
    const size = file.claimedBytes ?? data.byteLength;
    const wide = file.isWide ? numbers([2, 1], [2, 24], [8, size], [8, size], [8, offset]) : Buffer.alloc(0);
    const narrow = (value: number): number => (file.isWide ? 0xffffffff : value);
    directory.push(
      numbers([4, 0x02014b50], [2, 20], [2, 20], [2, flags], [2, method], [4, 0], [4, crc32(data)]),
      numbers([4, narrow(size)], [4, narrow(size)], [2, Buffer.byteLength(name)], [2, wide.byteLength], [2, 3]),
      numbers([2, 0], [2, 0], [4, 0], [4, narrow(offset)]),
      Buffer.concat([Buffer.from(name), wide, Buffer.from('abc')]),
    );
  }
  const start = at;
  add(Buffer.concat(directory));
  const [count, size] = [options.claimedCount ?? files.length, at - start];
  if (options.isWide) {
    const record = at;
    add(numbers([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0], [8, count], [8, count], [8, size]));
    add(numbers([8, start], [4, 0x07064b50], [4, 0], [8, record], [4, 1]));
  }
  const narrow = (value: number, bytes: 2 | 4): Numbers => [bytes, options.isWide ? 2 ** (8 * bytes) - 1 : value];
  add(numbers([4, 0x06054b50], [4, 0], narrow(count, 2), narrow(count, 2), narrow(size, 4), narrow(start, 4)));
  const comment = Buffer.from(options.comment ?? '');
  add(Buffer.concat([numbers([2, comment.byteLength]), comment]));
  return Buffer.concat(parts);
}

type Numbers = readonly [bytes: 2 | 4 | 8, value: number];

function numbers(...fields: readonly Numbers[]): Buffer {
  return Buffer.concat(
    fields.map(([bytes, value]) => {
      const field = Buffer.alloc(bytes);
      if (bytes === 8) field.writeBigUInt64LE(BigInt(value));
      else field.writeUIntLE(value, 0, bytes);
      return field;
    }),
  );
}
