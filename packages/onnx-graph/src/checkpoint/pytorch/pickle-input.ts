import { PickleFault, PickleUnfinished } from './pickle-fault.ts';

/** Bytes of a pickle, read from first to last. Every read throws `PickleUnfinished` beyond the end. */
export interface PickleInput {
  readonly atBytes: number;
  byte(): number;
  uint16(): number;
  int32(): number;
  uint32(): number;
  /** Big-endian, unlike everything else in a pickle. */
  float64(): number;
  /** A length of 64 bits. */
  length64(): number;
  skip(lengthBytes: number): void;
  text(lengthBytes: number): string;
  /** Up to a line feed, which is left out. */
  line(): string;
  /** A signed integer of this many bytes. */
  integer(lengthBytes: number): number | bigint;
}

/** No name of a module or class is longer, and no integer. */
const maximumLineBytes = 1024;
const maximumIntegerBytes = 255;

export function pickleInput(bytes: Uint8Array, startBytes: number): PickleInput {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let at = startBytes;
  const take = (lengthBytes: number): number => {
    if (lengthBytes > bytes.byteLength - at) throw new PickleUnfinished(`the pickle goes on after byte ${at}`);
    at += lengthBytes;
    return at - lengthBytes;
  };
  const text = (lengthBytes: number): string => {
    const start = take(lengthBytes);
    try {
      return decoder.decode(bytes.subarray(start, at));
    } catch {
      throw new PickleFault(`text that is not UTF-8, at byte ${start}`);
    }
  };
  return {
    get atBytes() {
      return at;
    },
    byte: () => bytes[take(1)]!,
    uint16: () => view.getUint16(take(2), true),
    int32: () => view.getInt32(take(4), true),
    uint32: () => view.getUint32(take(4), true),
    float64: () => view.getFloat64(take(8), false),
    length64: () => Number(view.getBigUint64(take(8), true)),
    skip: (lengthBytes) => {
      take(lengthBytes);
    },
    text,
    line: () => {
      const end = bytes.subarray(at, at + maximumLineBytes).indexOf(0x0a);
      if (end >= 0) {
        const line = text(end);
        at++;
        return line;
      }
      if (bytes.byteLength - at >= maximumLineBytes) throw new PickleFault(`a line without an end, at byte ${at}`);
      throw new PickleUnfinished(`the pickle goes on after byte ${at}`);
    },
    integer: (lengthBytes) => {
      if (lengthBytes > maximumIntegerBytes) throw new PickleFault(`an integer of ${lengthBytes} bytes, at byte ${at}`);
      const start = take(lengthBytes);
      let value = 0n;
      for (let i = lengthBytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[start + i]!);
      const signed = BigInt.asIntN(lengthBytes * 8, value);
      const narrow = Number(signed);
      return Number.isSafeInteger(narrow) ? narrow : signed;
    },
  };
}
