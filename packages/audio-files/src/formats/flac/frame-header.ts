import { crc8 } from './crc.ts';
import type { FlacStreamInfo } from './stream-info.ts';

/** A frame header (RFC 9639, section 9.1). */
export interface FlacFrameHeader {
  readonly headerBytes: number;
  readonly blockSamples: number;
  /** 0 to 7: that many channels plus one, each on its own; 8 left/side, 9 side/right, 10 mid/side. */
  readonly channelAssignment: number;
  readonly channelCount: number;
  readonly bitsPerSample: number;
  /** Blocks of varying length number their first sample, others number themselves. */
  readonly numbersSamples: boolean;
  readonly codedNumber: number;
}

const fixedRates = [0, 88_200, 176_400, 192_000, 8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];
const fixedBits: readonly (number | undefined)[] = [0, 8, 12, undefined, 16, 20, 24, 32];

/** Longest header: 4 bytes, a number of 7, block size 2, rate 2, check sum 1. */
export const maxFrameHeaderBytes = 16;

/** The header at a place, if one is there whose check sum is right and that fits the stream; else `undefined`. */
export function parseFrameHeader(bytes: Uint8Array, offset: number, info: FlacStreamInfo): FlacFrameHeader | undefined {
  if (offset + 6 > bytes.length || bytes[offset] !== 0xff || (bytes[offset + 1]! & 0xfe) !== 0xf8) return undefined;
  const numbersSamples = (bytes[offset + 1]! & 1) === 1;
  const blockCode = bytes[offset + 2]! >> 4;
  const rateCode = bytes[offset + 2]! & 15;
  const channelAssignment = bytes[offset + 3]! >> 4;
  const bitsCode = (bytes[offset + 3]! >> 1) & 7;
  if (blockCode === 0 || rateCode === 15 || channelAssignment > 10 || (bytes[offset + 3]! & 1) !== 0) return undefined;
  const codedBits = fixedBits[bitsCode];
  if (codedBits === undefined) return undefined;
  const number = readCodedNumber(bytes, offset + 4);
  if (number === undefined) return undefined;

  let at = number.end;
  const next = (): number => bytes[at++] ?? 0;
  let blockSamples: number;
  if (blockCode === 1) blockSamples = 192;
  else if (blockCode <= 5) blockSamples = 144 << blockCode;
  else if (blockCode === 6) blockSamples = next() + 1;
  else if (blockCode === 7) blockSamples = next() * 256 + next() + 1;
  else blockSamples = 1 << blockCode;
  let sampleRateHz = fixedRates[rateCode] ?? 0;
  if (rateCode === 12) sampleRateHz = next() * 1000;
  else if (rateCode === 13) sampleRateHz = next() * 256 + next();
  else if (rateCode === 14) sampleRateHz = (next() * 256 + next()) * 10;
  if (at >= bytes.length || crc8(bytes, offset, at) !== bytes[at]) return undefined;

  const channelCount = channelAssignment < 8 ? channelAssignment + 1 : 2;
  const bitsPerSample = codedBits === 0 ? info.bitsPerSample : codedBits;
  if (channelCount !== info.channelCount || bitsPerSample !== info.bitsPerSample) return undefined;
  if (sampleRateHz !== 0 && sampleRateHz !== info.sampleRateHz) return undefined;
  return {
    headerBytes: at + 1 - offset,
    blockSamples,
    channelAssignment,
    channelCount,
    bitsPerSample,
    numbersSamples,
    codedNumber: number.value,
  };
}

/** A number of up to 36 bits in the manner of UTF-8. */
function readCodedNumber(
  bytes: Uint8Array,
  offset: number,
): { readonly value: number; readonly end: number } | undefined {
  const first = bytes[offset]!;
  const leadingOnes = Math.clz32(~(first << 24));
  if (leadingOnes === 0) return { value: first, end: offset + 1 };
  if (leadingOnes === 1 || leadingOnes > 7) return undefined;
  let value = first & (0x7f >> leadingOnes);
  for (let i = 1; i < leadingOnes; i++) {
    const byte = bytes[offset + i];
    if (byte === undefined || (byte & 0xc0) !== 0x80) return undefined;
    value = value * 64 + (byte & 0x3f);
  }
  return { value, end: offset + leadingOnes };
}
