/** Numbers in a page: the bytes of a typed array, little-endian, as base64. */
export interface Packed {
  readonly type: 'u8' | 'u16' | 'u32' | 'i16' | 'f64';
  readonly base64: string;
}

type Unpacked = Uint8Array | Uint16Array | Uint32Array | Int16Array | Float64Array;

const types = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  i16: Int16Array,
  f64: Float64Array,
} as const;

export function pack(values: Unpacked): Packed {
  const type = (Object.keys(types) as Packed['type'][]).find((name) => values instanceof types[name])!;
  return { type, base64: bytesToBase64(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)) };
}

/** Ids in the smallest width that holds them all. */
export function packIds(ids: Uint32Array, size: number): Packed {
  return pack(size <= 2 ** 8 ? Uint8Array.from(ids) : size <= 2 ** 16 ? Uint16Array.from(ids) : ids);
}

export function unpack({ type, base64 }: Packed): Unpacked {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new types[type](bytes.buffer);
}

function bytesToBase64(bytes: Uint8Array): string {
  // In pieces: a call has room for some ten thousand arguments, and a piece of base64 ends with three bytes.
  const piece = 3 * 8192;
  let base64 = '';
  for (let from = 0; from < bytes.length; from += piece) {
    base64 += btoa(String.fromCharCode(...bytes.subarray(from, from + piece)));
  }
  return base64;
}
