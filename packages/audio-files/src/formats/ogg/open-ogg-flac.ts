import type { ByteSource, PcmChunk } from '@speech-tokens/core';
import type { FormatReader, WarningList } from '../../audio-file.ts';
import { decodeError } from '../../errors.ts';
import { createByteWindow } from '../../source/byte-window.ts';
import { cutRange } from '../cut-range.ts';
import { checkedStreamInfo } from '../flac/flac-header.ts';
import { decodeFrame } from '../flac/frame.ts';
import { streamInfoBytes } from '../flac/stream-info.ts';
import { alignPages, type PageAudio } from './align-pages.ts';
import { oggPackets } from './ogg-packets.ts';
import { readOggStart } from './ogg-start.ts';

/** Where STREAMINFO lies in the first packet: signature, version, count, `fLaC`, block header (xiph.org/flac/ogg_mapping). */
const streamInfoOffset = 17;

/** Opens FLAC in Ogg: each packet is a metadata block or a frame. */
export async function openOggFlac(
  source: ByteSource,
  warnings: WarningList,
  signal: AbortSignal | undefined,
): Promise<FormatReader> {
  const window = createByteWindow(source, signal);
  const { packets, lastGranule } = await readOggStart(window, 1, 'ogg-flac', warnings);
  const head = packets[0]!;
  if (head.length < streamInfoOffset + streamInfoBytes) {
    throw decodeError({ problem: 'The header of FLAC in Ogg is too short', name: window.name, format: 'ogg-flac' });
  }
  const info = checkedStreamInfo(head.subarray(streamInfoOffset), window.name);
  const { sampleRateHz, channelCount, bitsPerSample } = info;
  const sampleCount = lastGranule ?? info.sampleCount;

  async function* decodePages(signal: AbortSignal | undefined): AsyncGenerator<PageAudio> {
    for await (const { packets, granule, gapBefore } of oggPackets(createByteWindow(source, signal), warnings)) {
      const pieces: Float32Array[][] = [];
      let isWhole = true;
      for (const packet of packets) {
        // Metadata blocks never start with the bits of a frame.
        if (packet[0] !== 0xff) continue;
        const frame = decodeFrame(packet, 0, info);
        if (typeof frame === 'object') pieces.push(frame.channels);
        else isWhole = false;
      }
      if (!isWhole) warnings.add('damaged', 'Some frames could not be decoded');
      yield { pieces, endGranule: granule, gapBefore: gapBefore || !isWhole };
    }
  }

  async function* readRange(start: number, end: number, signal: AbortSignal | undefined): AsyncGenerator<PcmChunk> {
    const aligned = alignPages(decodePages(signal), { startGranule: 0, channelCount, sampleRateHz }, warnings);
    yield* cutRange(aligned, { start, end, skip: 0, sampleCount, sampleRateHz }, warnings);
  }
  const encoding = `${bitsPerSample}-bit integer`;
  return { format: 'ogg-flac', encoding, sampleRateHz, channelCount, sampleCount, readRange };
}
