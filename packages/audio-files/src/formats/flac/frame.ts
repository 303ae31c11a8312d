import { alignedPosition, createBitReader } from './bit-reader.ts';
import { crc16 } from './crc.ts';
import { type FlacFrameHeader, parseFrameHeader } from './frame-header.ts';
import type { FlacStreamInfo } from './stream-info.ts';
import { readSubframe } from './subframe.ts';

export interface FlacFrame {
  readonly header: FlacFrameHeader;
  /** Bytes of the whole frame. */
  readonly frameBytes: number;
  /** Values in [-1, 1): integers over 2^(bits - 1). */
  readonly channels: Float32Array[];
}

/** More bytes than a sensible frame of this size has: the one that stores its samples as they are. */
export function frameBytesBound(blockSamples: number, info: FlacStreamInfo): number {
  return 64 + info.channelCount * (16 + Math.ceil((blockSamples * (info.bitsPerSample + 1)) / 8));
}

/**
 * Decodes the frame at a place.
 * @returns `undefined` where no whole frame with right check sums stands there, `incomplete` where the bytes end first
 */
export function decodeFrame(
  bytes: Uint8Array,
  offset: number,
  info: FlacStreamInfo,
): FlacFrame | 'incomplete' | undefined {
  const header = parseFrameHeader(bytes, offset, info);
  if (header === undefined) return undefined;
  const { blockSamples, channelAssignment, channelCount, bitsPerSample } = header;
  const reader = createBitReader(bytes, offset + header.headerBytes);
  const planes: Float64Array[] = [];
  for (let channel = 0; channel < channelCount; channel++) {
    const isSide = channelAssignment === 9 ? channel === 0 : channelAssignment >= 8 && channel === 1;
    const plane = new Float64Array(blockSamples);
    if (!readSubframe(reader, plane, bitsPerSample + (isSide ? 1 : 0))) {
      return reader.overrun ? 'incomplete' : undefined;
    }
    planes.push(plane);
  }
  const end = alignedPosition(reader);
  if (end + 2 > bytes.length) return 'incomplete';
  if (crc16(bytes, offset, end) !== bytes[end]! * 256 + bytes[end + 1]!) return undefined;
  restoreStereo(planes, channelAssignment);
  const scale = 2 ** -(bitsPerSample - 1);
  const channels: Float32Array[] = [];
  for (const plane of planes) {
    const samples = new Float32Array(blockSamples);
    for (let i = 0; i < blockSamples; i++) {
      const value = plane[i]! * scale;
      // Only a forged frame predicts values that its own word size cannot hold.
      if (!(value >= -1 && value < 1)) return undefined;
      samples[i] = value;
    }
    channels.push(samples);
  }
  return { header, frameBytes: end + 2 - offset, channels };
}

/** Left and right from what the encoder stored instead. */
function restoreStereo(planes: readonly Float64Array[], channelAssignment: number): void {
  if (channelAssignment < 8) return;
  const first = planes[0]!;
  const second = planes[1]!;
  for (let i = 0; i < first.length; i++) {
    if (channelAssignment === 8) {
      second[i] = first[i]! - second[i]!;
    } else if (channelAssignment === 9) {
      first[i] = first[i]! + second[i]!;
    } else {
      const side = second[i]!;
      // The lowest bit of twice the middle was dropped: it is that of the side.
      const middle = 2 * first[i]! + (side & 1);
      first[i] = (middle + side) / 2;
      second[i] = (middle - side) / 2;
    }
  }
}
