/** Builds files byte by byte, independently of the code under test. */

export function bytesOf(...parts: readonly (string | Uint8Array | readonly number[])[]): Uint8Array {
  const arrays = parts.map((part) => (typeof part === 'string' ? Array.from(part, (c) => c.charCodeAt(0)) : part));
  const bytes = new Uint8Array(arrays.reduce((length, array) => length + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    bytes.set(array, at);
    at += array.length;
  }
  return bytes;
}

export function number(value: number | bigint, byteCount: number, littleEndian = true): number[] {
  let rest = BigInt.asUintN(byteCount * 8, BigInt(value));
  const bytes: number[] = [];
  for (let i = 0; i < byteCount; i++) {
    bytes.push(Number(rest & 255n));
    rest >>= 8n;
  }
  return littleEndian ? bytes : bytes.reverse();
}

export function chunk(
  id: string,
  body: Uint8Array | readonly number[],
  littleEndian = true,
  size?: number,
): Uint8Array {
  const padding = body.length % 2 === 1 ? [0] : [];
  return bytesOf(id, number(size ?? body.length, 4, littleEndian), body, padding);
}

export interface WavParts {
  readonly tag: number;
  readonly channelCount: number;
  readonly sampleRateHz: number;
  readonly bits: number;
  readonly blockAlign?: number;
  readonly data: Uint8Array;
  /** What the header says. */
  readonly dataSize?: number;
  readonly before?: readonly Uint8Array[];
  readonly after?: readonly Uint8Array[];
  readonly formatTail?: readonly number[];
  readonly riff?: string;
}

export function makeWav(parts: WavParts): Uint8Array {
  const {
    tag,
    channelCount,
    sampleRateHz,
    bits,
    data,
    before = [],
    after = [],
    formatTail = [],
    riff = 'RIFF',
  } = parts;
  const le = riff !== 'RIFX';
  const blockAlign = parts.blockAlign ?? Math.ceil(bits / 8) * channelCount;
  const format = [
    ...number(tag, 2, le),
    ...number(channelCount, 2, le),
    ...number(sampleRateHz, 4, le),
    ...number(sampleRateHz * blockAlign, 4, le),
    ...number(blockAlign, 2, le),
    ...number(bits, 2, le),
    ...formatTail,
  ];
  const body = bytesOf('WAVE', ...before, chunk('fmt ', format, le), chunk('data', data, le, parts.dataSize), ...after);
  return bytesOf(riff, number(body.length, 4, le), body);
}

/** Interleaved values as 16-bit integers. */
export function int16Bytes(values: readonly number[], littleEndian = true): Uint8Array {
  return bytesOf(values.flatMap((value) => number(value, 2, littleEndian)));
}
