/**
 * A small FLAC encoder for tests, written from RFC 9639 independently of the decoder: each frame is told which kinds
 * of subframes and stereo it uses, so that every branch of the decoder can be met.
 */
import { number } from './make-wav.ts';

export type Subframe =
  | { readonly kind: 'constant' }
  | { readonly kind: 'verbatim' }
  | {
      readonly kind: 'fixed';
      readonly order: number;
      readonly rice: number | 'escape';
      readonly partitionOrder?: number;
      readonly method?: 0 | 1;
    }
  | {
      readonly kind: 'lpc';
      readonly coefficients: readonly number[];
      readonly precision: number;
      readonly shift: number;
      readonly rice: number;
    };

export interface FlacOptions {
  readonly sampleRateHz?: number;
  readonly bits: number;
  /** Planar integers. */
  readonly channels: readonly (readonly number[])[];
  /** Samples in each block; the last may be shorter. With several, the stream is of varying blocks. */
  readonly blockSizes: readonly number[];
  readonly subframe: Subframe;
  readonly wastedBits?: number;
  /** 0: on their own; 8, 9, 10: left/side, side/right, mid/side. */
  readonly stereo?: 0 | 8 | 9 | 10;
  readonly totalSamples?: number;
  readonly seekPoints?: readonly { readonly sample: number; readonly offset: number }[];
}

export interface BuiltFlac {
  readonly bytes: Uint8Array;
  /** Where each frame starts, from the first. */
  readonly frameOffsets: readonly number[];
  readonly firstFrame: number;
}

export function makeFlac(options: FlacOptions): BuiltFlac {
  const { channels, bits, blockSizes, sampleRateHz = 16_000 } = options;
  const length = channels[0]!.length;
  const varying = blockSizes.length > 1;
  const frames: number[][] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (let start = 0, index = 0; start < length; index++) {
    const size = Math.min(blockSizes[index % blockSizes.length]!, length - start);
    const block = channels.map((samples) => samples.slice(start, start + size));
    const frame = makeFrame(options, block, varying ? start : index, varying);
    offsets.push(offset);
    frames.push(frame);
    offset += frame.length;
    start += size;
  }
  const smallest = varying ? Math.min(...blockSizes) : blockSizes[0]!;
  const info = [
    ...number(smallest, 2, false),
    ...number(Math.max(...blockSizes), 2, false),
    ...number(0, 3, false),
    ...number(0, 3, false),
    ...number(
      (BigInt(sampleRateHz) << 44n) |
        (BigInt(channels.length - 1) << 41n) |
        (BigInt(bits - 1) << 36n) |
        BigInt(options.totalSamples ?? length),
      8,
      false,
    ),
    ...new Array<number>(16).fill(0),
  ];
  const points = (options.seekPoints ?? []).flatMap((point) => [
    ...number(point.sample, 8, false),
    ...number(point.offset, 8, false),
    ...number(0, 2, false),
  ]);
  const hasTable = options.seekPoints !== undefined;
  const head = [
    ...[...'fLaC'].map((c) => c.charCodeAt(0)),
    hasTable ? 0 : 0x80,
    ...number(34, 3, false),
    ...info,
    ...(hasTable ? [0x83, ...number(points.length, 3, false), ...points] : []),
  ];
  return { bytes: Uint8Array.from([...head, ...frames.flat()]), frameOffsets: offsets, firstFrame: head.length };
}

function makeFrame(
  options: FlacOptions,
  block: readonly (readonly number[])[],
  count: number,
  varying: boolean,
): number[] {
  const stereo = options.stereo ?? 0;
  const size = block[0]!.length;
  const header = [
    0xff,
    varying ? 0xf9 : 0xf8,
    0x70,
    (stereo === 0 ? block.length - 1 : stereo) << 4,
    ...codedNumber(count),
    ...number(size - 1, 2, false),
  ];
  const frame = [...header, crc(header, 8, 0x07)];
  const bitList: number[] = [];
  const put = (value: number | bigint, width: number): void => {
    const pattern = BigInt.asUintN(width, BigInt(value));
    for (let bit = width - 1; bit >= 0; bit--) bitList.push(Number((pattern >> BigInt(bit)) & 1n));
  };
  const [left = [], right = []] = block;
  const side = left.map((value, i) => value - right[i]!);
  const middle = left.map((value, i) => Math.floor((value + right[i]!) / 2));
  const planes = stereo === 8 ? [left, side] : stereo === 9 ? [side, right] : stereo === 10 ? [middle, side] : block;
  planes.forEach((plane, channel) => {
    const isSide = (stereo === 9 && channel === 0) || ((stereo === 8 || stereo === 10) && channel === 1);
    putSubframe(put, options, plane, options.bits + (isSide ? 1 : 0));
  });
  while (bitList.length % 8 !== 0) bitList.push(0);
  for (let at = 0; at < bitList.length; at += 8) {
    frame.push(bitList.slice(at, at + 8).reduce((byte, bit) => byte * 2 + bit, 0));
  }
  return [...frame, ...number(crc(frame, 16, 0x8005), 2, false)];
}

function putSubframe(
  put: (value: number | bigint, width: number) => void,
  { subframe, wastedBits = 0 }: FlacOptions,
  samples: readonly number[],
  bits: number,
): void {
  const values = samples.map((value) => value / 2 ** wastedBits);
  const width = bits - wastedBits;
  const type =
    subframe.kind === 'constant'
      ? 0
      : subframe.kind === 'verbatim'
        ? 1
        : subframe.kind === 'fixed'
          ? 8 + subframe.order
          : 31 + subframe.coefficients.length;
  put(type, 7);
  if (wastedBits > 0) {
    put(1, 1);
    put(1, wastedBits);
  } else put(0, 1);
  if (subframe.kind === 'constant') {
    put(values[0]!, width);
    return;
  }
  if (subframe.kind === 'verbatim') {
    for (const value of values) put(value, width);
    return;
  }
  const fixed = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]];
  const coefficients = subframe.kind === 'fixed' ? fixed[subframe.order]! : subframe.coefficients;
  const shift = subframe.kind === 'fixed' ? 0 : subframe.shift;
  const order = coefficients.length;
  for (let i = 0; i < order; i++) put(values[i]!, width);
  if (subframe.kind === 'lpc') {
    put(subframe.precision - 1, 4);
    put(shift, 5);
    for (const coefficient of coefficients) put(coefficient, subframe.precision);
  }
  const residuals = values.map((value, i) => {
    if (i < order) return 0;
    const sum = coefficients.reduce((total, c, j) => total + BigInt(c) * BigInt(values[i - 1 - j]!), 0n);
    return value - Number(sum >> BigInt(shift));
  });
  const partitionOrder = subframe.kind === 'fixed' ? (subframe.partitionOrder ?? 0) : 0;
  const method = subframe.kind === 'fixed' ? (subframe.method ?? 0) : 1;
  put(method, 2);
  put(partitionOrder, 4);
  const partition = values.length >> partitionOrder;
  for (let start = 0; start < values.length; start += partition) {
    const part = residuals.slice(Math.max(order, start), start + partition);
    if (subframe.rice === 'escape') {
      put(method === 0 ? 15 : 31, method === 0 ? 4 : 5);
      const widest = part.every((value) => value === 0)
        ? 0
        : Math.max(...part.map((value) => (value < 0 ? -value - 1 : value).toString(2).length + 1));
      put(widest, 5);
      if (widest > 0) for (const value of part) put(value, widest);
    } else {
      put(subframe.rice, method === 0 ? 4 : 5);
      for (const value of part) {
        const folded = BigInt(value < 0 ? -2 * value - 1 : 2 * value);
        const quotient = Number(folded >> BigInt(subframe.rice));
        for (let i = 0; i < quotient; i++) put(0, 1);
        put(1, 1);
        put(folded, subframe.rice);
      }
    }
  }
}

function codedNumber(value: number): number[] {
  if (value < 0x80) return [value];
  let byteCount = 2;
  while (value >= 2 ** (5 * byteCount + 1)) byteCount++;
  const bytes: number[] = [];
  for (let i = 1; i < byteCount; i++) {
    bytes.unshift(0x80 | (value % 64));
    value = Math.floor(value / 64);
  }
  return [((0xff << (8 - byteCount)) & 0xff) | value, ...bytes];
}

function crc(bytes: readonly number[], width: number, polynomial: number): number {
  let sum = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const top = ((sum >> (width - 1)) & 1) ^ ((byte >> bit) & 1);
      sum = ((sum << 1) & (2 ** width - 1)) ^ (top === 1 ? polynomial : 0);
    }
  }
  return sum;
}
