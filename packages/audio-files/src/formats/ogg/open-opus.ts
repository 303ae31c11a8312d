import { OpusDecoder } from 'opus-decoder';
import type { FormatReader, WarningList } from '../../audio-file.ts';
import type { ByteSource } from '../../source/byte-source.ts';
import { createByteWindow } from '../../source/byte-window.ts';
import { cutRange } from '../cut-range.ts';
import { type OggPackets, oggPackets } from './ogg-packets.ts';
import { lastGranuleOf } from './ogg-pages.ts';
import { firstPackets } from './ogg-start.ts';
import { opusPacketSamples, parseOpusHeader } from './opus-header.ts';

/** Opus always decodes to this rate; the one that the header names is only history. */
const sampleRateHz = 48_000;

/** Opens Ogg Opus (RFC 7845), decoded by libopus: start and end are cut as the file says. */
export async function openOpus(
  source: ByteSource,
  warnings: WarningList,
  signal: AbortSignal | undefined,
): Promise<FormatReader> {
  const window = createByteWindow(source, signal);
  const { packets, serial, firstAudioPage } = await firstPackets(window, 2, 'ogg-opus');
  const header = parseOpusHeader(packets[0]!, window.name);
  const { channelCount, preSkipSamples, gain } = header;
  const lastGranule = await lastGranuleOf(window, serial);
  // A recording of a live stream starts at another count than 0.
  const startGranule = firstAudioPage === undefined ? 0 : granuleBefore(firstAudioPage);
  const sampleCount = lastGranule === undefined ? undefined : Math.max(0, lastGranule - startGranule - preSkipSamples);

  async function* decodeAll(signal: AbortSignal | undefined): AsyncGenerator<Float32Array[]> {
    const decoder = new OpusDecoder({
      channels: channelCount,
      streamCount: header.streamCount,
      coupledStreamCount: header.coupledStreamCount,
      channelMappingTable: [...header.channelMapping],
    });
    await decoder.ready;
    // What the decoder has room for.
    const maxPacketBytes = 3840 * channelCount;
    try {
      let skip = preSkipSamples;
      let headersLeft = 2;
      for await (const { packets } of oggPackets(createByteWindow(source, signal), warnings)) {
        const audio = packets.slice(headersLeft);
        headersLeft = Math.max(0, headersLeft - packets.length);
        for (const packet of audio) {
          const expected = opusPacketSamples(packet);
          if (expected === 0 || packet.length > maxPacketBytes) {
            warnings.add('damaged', 'Some packets are not Opus and were left out');
            continue;
          }
          const { channelData, samplesDecoded, errors } = decoder.decodeFrame(packet);
          if (errors.length > 0)
            warnings.add('damaged', 'Some packets could not be decoded; silence stands in for them');
          const channels =
            samplesDecoded > 0 ? channelData : Array.from({ length: channelCount }, () => new Float32Array(expected));
          const length = channels[0]!.length;
          const cut = Math.min(skip, length);
          skip -= cut;
          if (gain !== 1) for (const samples of channels) amplify(samples, gain);
          if (cut < length) yield channels.map((samples) => samples.slice(cut));
        }
      }
    } finally {
      decoder.free();
    }
  }
  return {
    format: 'ogg-opus',
    encoding: 'Opus',
    sampleRateHz,
    channelCount,
    sampleCount,
    readRange: (start, end, signal) =>
      cutRange(decodeAll(signal), start, Math.min(end, sampleCount ?? Infinity), sampleRateHz),
  };
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
