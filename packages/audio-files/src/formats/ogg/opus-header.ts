import { decodeError } from '../../errors.ts';
import { viewOf } from '../../source/byte-window.ts';

/** The identification header of Opus in Ogg (RFC 7845, section 5.1). */
export interface OpusHeader {
  readonly channelCount: number;
  /** Samples at 48 kHz to drop from the start. */
  readonly preSkipSamples: number;
  /** Factor for all samples. */
  readonly gain: number;
  readonly streamCount: number;
  readonly coupledStreamCount: number;
  readonly channelMapping: readonly number[];
}

/** @throws SpeechTokensError `audio-decode` */
export function parseOpusHeader(packet: Uint8Array, name: string): OpusHeader {
  const refuse = (found: string, wanted: string): Error =>
    decodeError({ problem: 'The Opus header cannot be used', found, wanted, name, format: 'ogg-opus' });
  if (packet.length < 19) throw refuse(`${packet.length} bytes`, 'at least 19');
  const view = viewOf(packet);
  const channelCount = packet[9]!;
  if (packet[8]! >> 4 !== 0) throw refuse(`version ${packet[8]}`, 'version 1');
  if (channelCount === 0) throw refuse('0 channels', '1 or more');
  const shared = {
    channelCount,
    preSkipSamples: view.getUint16(10, true),
    gain: 10 ** (view.getInt16(16, true) / 256 / 20),
  };
  const family = packet[18]!;
  if (family === 0) {
    if (channelCount > 2) throw refuse(`${channelCount} channels in mapping family 0`, '1 or 2');
    const channelMapping = channelCount === 1 ? [0] : [0, 1];
    return { ...shared, streamCount: 1, coupledStreamCount: channelCount - 1, channelMapping };
  }
  const streamCount = packet[19] ?? 0;
  const coupledStreamCount = packet[20] ?? 0;
  const channelMapping = Array.from(packet.subarray(21, 21 + channelCount));
  const decodedCount = streamCount + coupledStreamCount;
  const isValid =
    streamCount >= 1 &&
    coupledStreamCount <= streamCount &&
    decodedCount <= 255 &&
    channelMapping.length === channelCount &&
    channelMapping.every((index) => index === 255 || index < decodedCount);
  if (!isValid) {
    throw refuse(`${streamCount} streams, ${coupledStreamCount} coupled, mapping ${channelMapping}`, 'a valid mapping');
  }
  return { ...shared, streamCount, coupledStreamCount, channelMapping };
}

/** Samples at 48 kHz in a packet, by its first bytes (RFC 6716, section 3.1); 0 where it cannot be one. */
export function opusPacketSamples(packet: Uint8Array): number {
  const toc = packet[0];
  if (toc === undefined) return 0;
  const config = toc >> 3;
  const frameSamples =
    config < 12
      ? [480, 960, 1920, 2880][config & 3]!
      : config < 16
        ? [480, 960][config & 1]!
        : [120, 240, 480, 960][config & 3]!;
  const code = toc & 3;
  const frameCount = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 63;
  const samples = frameCount * frameSamples;
  return samples <= 5760 ? samples : 0;
}
