/**
 * Bits of a block of bytes, most significant first. Reading past the end gives zeros and sets `overrun`, so that inner
 * loops need no check of their own.
 */
export interface BitReader {
  readonly bytes: Uint8Array;
  /** Next byte to load. */
  position: number;
  /** Loaded bits, left-justified in 32; those behind `count` are 0. */
  cache: number;
  count: number;
  overrun: boolean;
}

export function createBitReader(bytes: Uint8Array, start: number): BitReader {
  return { bytes, position: start, cache: 0, count: 0, overrun: false };
}

function fill(reader: BitReader): void {
  const { bytes } = reader;
  while (reader.count <= 24) {
    if (reader.position < bytes.length) reader.cache |= bytes[reader.position]! << (24 - reader.count);
    reader.position++;
    reader.count += 8;
  }
  if (reader.position - (reader.count >> 3) > bytes.length) reader.overrun = true;
}

/** An unsigned number of 0 to 32 bits. */
export function readBits(reader: BitReader, bitCount: number): number {
  if (bitCount === 0) return 0;
  if (bitCount > 24) return readBits(reader, bitCount - 16) * 65_536 + readBits(reader, 16);
  if (reader.count < bitCount) fill(reader);
  const value = reader.cache >>> (32 - bitCount);
  reader.cache <<= bitCount;
  reader.count -= bitCount;
  return value;
}

/** A number of 0 to 33 bits in two's complement. */
export function readSigned(reader: BitReader, bitCount: number): number {
  if (bitCount === 0) return 0;
  if (bitCount <= 32) {
    const value = readBits(reader, bitCount);
    return value >= 2 ** (bitCount - 1) ? value - 2 ** bitCount : value;
  }
  const high = readBits(reader, bitCount - 32);
  const value = high * 2 ** 32 + readBits(reader, 32);
  return value >= 2 ** (bitCount - 1) ? value - 2 ** bitCount : value;
}

/** The count of zeros before the next one; the one is consumed. */
export function readUnary(reader: BitReader): number {
  let zeros = 0;
  for (;;) {
    if (reader.count < 25) fill(reader);
    if (reader.cache !== 0) break;
    zeros += reader.count;
    reader.count = 0;
    if (reader.overrun) return zeros;
  }
  const leading = Math.clz32(reader.cache);
  // Two shifts: a shift by 32 would do nothing.
  reader.cache = (reader.cache << leading) << 1;
  reader.count -= leading + 1;
  return zeros + leading;
}

/** Rice codes with a parameter of 0 to 30, into `target[start, end)`: zigzag-coded signed numbers. */
export function readRice(reader: BitReader, parameter: number, target: Float64Array, start: number, end: number): void {
  const largestFastQuotient = 0x7fffffff >>> parameter;
  for (let i = start; i < end; i++) {
    const quotient = readUnary(reader);
    const remainder = readBits(reader, parameter);
    if (quotient <= largestFastQuotient) {
      const folded = (quotient << parameter) | remainder;
      target[i] = (folded >>> 1) ^ -(folded & 1);
    } else {
      const folded = quotient * 2 ** parameter + remainder;
      target[i] = folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
    }
    if (reader.overrun) return;
  }
}

/** Skips to the next whole byte and tells where it is. */
export function alignedPosition(reader: BitReader): number {
  const spare = reader.count & 7;
  readBits(reader, spare);
  return reader.position - (reader.count >> 3);
}
