import type { FormatReader, WarningList } from '../../audio-file.ts';
import { decodeError } from '../../errors.ts';
import type { ByteSource } from '../../source/byte-source.ts';
import { createByteWindow } from '../../source/byte-window.ts';
import { cutRange } from '../cut-range.ts';
import { checkedStreamInfo } from '../flac/flac-header.ts';
import { decodeFrame } from '../flac/frame.ts';
import { streamInfoBytes } from '../flac/stream-info.ts';
import { oggPackets } from './ogg-packets.ts';
import { lastGranuleOf } from './ogg-pages.ts';
import { firstPackets } from './ogg-start.ts';

/** Where STREAMINFO lies in the first packet: signature, version, count, `fLaC`, block header (xiph.org/flac/ogg_mapping). */
const streamInfoOffset = 17;

/** Opens FLAC in Ogg: each packet is a metadata block or a frame. */
export async function openOggFlac(
  source: ByteSource,
  warnings: WarningList,
  signal: AbortSignal | undefined,
): Promise<FormatReader> {
  const window = createByteWindow(source, signal);
  const { packets, serial } = await firstPackets(window, 1, 'ogg-flac');
  const head = packets[0]!;
  if (head.length < streamInfoOffset + streamInfoBytes) {
    throw decodeError({ problem: 'The header of FLAC in Ogg is too short', name: window.name, format: 'ogg-flac' });
  }
  const info = checkedStreamInfo(head.subarray(streamInfoOffset), window.name);
  const { sampleRateHz, channelCount, bitsPerSample } = info;
  const sampleCount = info.sampleCount ?? (await lastGranuleOf(window, serial));

  async function* decodeAll(signal: AbortSignal | undefined): AsyncGenerator<Float32Array[]> {
    for await (const { packets } of oggPackets(createByteWindow(source, signal), warnings)) {
      for (const packet of packets) {
        // Metadata blocks never start with the bits of a frame.
        if (packet[0] !== 0xff) continue;
        const frame = decodeFrame(packet, 0, info);
        if (typeof frame === 'object') yield frame.channels;
        else warnings.add('damaged', 'Some frames could not be decoded and were left out');
      }
    }
  }
  return {
    format: 'ogg-flac',
    encoding: `${bitsPerSample}-bit integer`,
    sampleRateHz,
    channelCount,
    sampleCount,
    readRange: (start, end, signal) =>
      cutRange(decodeAll(signal), start, Math.min(end, sampleCount ?? Infinity), sampleRateHz),
  };
}
