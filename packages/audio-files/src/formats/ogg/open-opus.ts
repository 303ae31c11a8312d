import type { ByteSource, PcmChunk } from '@speech-tokens/core';
import { OpusDecoder } from 'opus-decoder';
import type { FormatReader, WarningList } from '../../audio-file.ts';
import { createByteWindow } from '../../source/byte-window.ts';
import { cutRange } from '../cut-range.ts';
import { alignPages, type PageAudio } from './align-pages.ts';
import { type OggPackets, oggPackets } from './ogg-packets.ts';
import { readOggStart } from './ogg-start.ts';
import { type OpusHeader, opusPacketSamples, parseOpusHeader } from './opus-header.ts';

/** Opus always decodes to this rate; the one that the header names is only history. */
const sampleRateHz = 48_000;

/** Opens Ogg Opus (RFC 7845), decoded by libopus: start and end are cut as the file says. */
export async function openOpus(
  source: ByteSource,
  warnings: WarningList,
  signal: AbortSignal | undefined,
): Promise<FormatReader> {
  const window = createByteWindow(source, signal);
  const { packets, lastGranule, firstAudioPage } = await readOggStart(window, 2, 'ogg-opus', warnings);
  const header = parseOpusHeader(packets[0]!, window.name);
  const { channelCount, preSkipSamples } = header;
  // A recording of a live stream starts at another count than 0.
  const startGranule = firstAudioPage === undefined ? 0 : granuleBefore(firstAudioPage);
  const sampleCount = lastGranule === undefined ? undefined : Math.max(0, lastGranule - startGranule - preSkipSamples);

  async function* decodePages(signal: AbortSignal | undefined): AsyncGenerator<PageAudio> {
    const decoder = new OpusDecoder({
      channels: channelCount,
      streamCount: header.streamCount,
      coupledStreamCount: header.coupledStreamCount,
      channelMappingTable: [...header.channelMapping],
    });
    await decoder.ready;
    try {
      let headersLeft = 2;
      for await (const { packets, granule, gapBefore } of oggPackets(createByteWindow(source, signal), warnings)) {
        const audio = packets.slice(headersLeft);
        headersLeft = Math.max(0, headersLeft - packets.length);
        const pieces = audio.map((packet) => decodePacket(decoder, packet, header, warnings));
        yield { pieces: pieces.filter((piece) => piece.length > 0), endGranule: granule, gapBefore };
      }
    } finally {
      decoder.free();
    }
  }

  async function* readRange(start: number, end: number, signal: AbortSignal | undefined): AsyncGenerator<PcmChunk> {
    const aligned = alignPages(decodePages(signal), { startGranule, channelCount, sampleRateHz }, warnings);
    yield* cutRange(aligned, { start, end, skip: preSkipSamples, sampleCount, sampleRateHz }, warnings);
  }
  return { format: 'ogg-opus', encoding: 'Opus', sampleRateHz, channelCount, sampleCount, readRange };
}

/** Planar samples of one packet; silence of the same length where it is damaged, nothing where it is no packet. */
function decodePacket(
  decoder: OpusDecoder,
  packet: Uint8Array,
  { channelCount, gain }: OpusHeader,
  warnings: WarningList,
): readonly Float32Array[] {
  const expected = opusPacketSamples(packet);
  // What the decoder has room for.
  if (expected === 0 || packet.length > 3840 * channelCount) {
    warnings.add('damaged', 'Some packets are not Opus and were left out');
    return [];
  }
  const { channelData, samplesDecoded, errors } = decoder.decodeFrame(packet);
  if (errors.length > 0 || samplesDecoded === 0) {
    warnings.add('damaged', 'Some packets could not be decoded; silence stands in for them');
    return Array.from({ length: channelCount }, () => new Float32Array(expected));
  }
  if (gain !== 1) for (const samples of channelData) amplify(samples, gain);
  return channelData;
}

/** The count before the first packet of a page that ends packets. */
function granuleBefore({ packets, granule, isLastPage }: OggPackets): number {
  const samples = packets.reduce((sum, packet) => sum + opusPacketSamples(packet), 0);
  // On the last page the count may be lower than the packets are long: that cuts the end, not the start.
  return granule === undefined || isLastPage ? 0 : Math.max(0, granule - samples);
}

function amplify(samples: Float32Array, factor: number): void {
  for (let i = 0; i < samples.length; i++) samples[i]! *= factor;
}
