import { viewOf } from '../../source/byte-window.ts';

/** What STREAMINFO says (RFC 9639, section 8.2). */
export interface FlacStreamInfo {
  readonly minBlockSamples: number;
  readonly maxBlockSamples: number;
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly bitsPerSample: number;
  /** `undefined` where the encoder did not know. */
  readonly sampleCount: number | undefined;
}

export const streamInfoBytes = 34;

/** @param bytes at least 34 */
export function parseStreamInfo(bytes: Uint8Array): FlacStreamInfo {
  const view = viewOf(bytes);
  const word = view.getUint32(10, false);
  const sampleCount = (bytes[13]! & 15) * 2 ** 32 + view.getUint32(14, false);
  return {
    minBlockSamples: view.getUint16(0, false),
    maxBlockSamples: view.getUint16(2, false),
    sampleRateHz: word >>> 12,
    channelCount: ((word >> 9) & 7) + 1,
    bitsPerSample: ((word >> 4) & 31) + 1,
    sampleCount: sampleCount === 0 ? undefined : sampleCount,
  };
}
