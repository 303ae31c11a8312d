type LittleEndianArray = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float32Array;

const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The numbers as little-endian bytes: a view where the machine is little-endian, else a copy. */
export function toLittleEndianBytes(values: LittleEndianArray): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return hostIsLittleEndian ? bytes : swapBytes(bytes, values.BYTES_PER_ELEMENT);
}

/** Unsigned integers of 1, 2 or 4 little-endian bytes, widened to 32 bits. Always a copy; any alignment. */
export function readUnsignedIntegers(bytes: Uint8Array, widthBytes: 1 | 2 | 4): Uint32Array<ArrayBuffer> {
  if (widthBytes === 1) return Uint32Array.from(bytes);
  const buffer = alignedCopy(bytes, widthBytes);
  return widthBytes === 2 ? Uint32Array.from(new Uint16Array(buffer)) : new Uint32Array(buffer);
}

/** 32-bit floats from little-endian bytes. Always a copy; any alignment. */
export function readFloats(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  return new Float32Array(alignedCopy(bytes, 4));
}

function alignedCopy(bytes: Uint8Array, widthBytes: number): ArrayBuffer {
  const copy = hostIsLittleEndian ? Uint8Array.from(bytes) : swapBytes(bytes, widthBytes);
  return copy.buffer;
}

function swapBytes(bytes: Uint8Array, widthBytes: number): Uint8Array<ArrayBuffer> {
  const swapped = new Uint8Array(bytes.byteLength);
  for (let i = 0; i < bytes.byteLength; i++) {
    const within = i % widthBytes;
    swapped[i] = bytes[i - within + (widthBytes - 1 - within)] as number;
  }
  return swapped;
}
