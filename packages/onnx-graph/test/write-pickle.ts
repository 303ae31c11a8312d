/** Pieces of pickles, for tests. */
export const op = (code: string | number, ...rest: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat([typeof code === 'string' ? Buffer.from(code, 'latin1') : Buffer.from([code]), ...rest]);

export const proto: Uint8Array = Buffer.from([0x80, 2]);
export const stop: Uint8Array = op('.');

export function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

export const text = (value: string): Uint8Array => op('X', uint32(Buffer.byteLength(value)), Buffer.from(value));
export const int = (value: number): Uint8Array => op('J', uint32(value));
export const global = (module: string, name: string): Uint8Array => op('c', Buffer.from(`${module}\n${name}\n`));
export const tuple = (...items: readonly Uint8Array[]): Uint8Array => op('(', ...items, op('t'));
export const call = (callee: Uint8Array, ...args: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat([callee, tuple(...args), op('R')]);
export const list = (...items: readonly Uint8Array[]): Uint8Array => op('](', ...items, op('e'));
export const dict = (...items: readonly Uint8Array[]): Uint8Array => op('}(', ...items, op('u'));

/** A reference to a storage of float32. */
export const storage = (key: string, count: number, view?: Uint8Array): Uint8Array =>
  op(
    '(',
    text('storage'),
    global('torch', 'FloatStorage'),
    text(key),
    text('cpu'),
    int(count),
    view ?? op(''),
    op('tQ'),
  );

/** A tensor over a storage. */
export const tensor = (
  over: Uint8Array,
  start: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array =>
  call(
    global('torch._utils', '_rebuild_tensor_v2'),
    over,
    int(start),
    tuple(...shape.map(int)),
    tuple(...strides.map(int)),
    op(0x89),
    op('}'),
  );

export const pickle = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat([proto, ...parts, stop]);

/** What a file in the older format says of itself, where it is not the usual. */
export interface OlderFileFaults {
  readonly isBigEndian?: boolean;
  readonly version?: number;
  /** Keys of storages that follow those of `counts`. */
  readonly moreKeys?: Uint8Array;
}

/** A file in the older format: the object, the keys of its storages, and how many floats each has. */
export function olderFile(
  object: Uint8Array,
  counts: Readonly<Record<string, number>>,
  { isBigEndian = false, version = 1001, moreKeys = op('') }: OlderFileFaults = {},
): Uint8Array {
  const magic = op(0x8a, Buffer.from('0a6cfc9c46f9206aa85019', 'hex'));
  const facts = dict(text('little_endian'), op(isBigEndian ? 0x89 : 0x88));
  const head = [pickle(magic), pickle(int(version)), pickle(facts), pickle(object)];
  const storages = Object.values(counts).map((count) => {
    const bytes = Buffer.alloc(8 + 4 * count);
    bytes.writeBigUInt64LE(BigInt(count));
    return bytes;
  });
  return Buffer.concat([...head, pickle(list(...Object.keys(counts).map(text), moreKeys)), ...storages]);
}
