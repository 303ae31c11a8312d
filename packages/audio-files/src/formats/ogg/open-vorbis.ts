import { OggVorbisDecoder } from '@wasm-audio-decoders/ogg-vorbis';
import type { FormatReader, WarningList } from '../../audio-file.ts';
import { checkHeaderFormat, decodeError } from '../../errors.ts';
import type { ByteSource } from '../../source/byte-source.ts';
import { createByteWindow, viewOf } from '../../source/byte-window.ts';
import { cutRange } from '../cut-range.ts';
import { oggPackets } from './ogg-packets.ts';
import { lastGranuleOf } from './ogg-pages.ts';
import { firstPackets } from './ogg-start.ts';

/** Opens Ogg Vorbis, decoded by libvorbis. Channels keep Vorbis's own order. */
export async function openVorbis(
  source: ByteSource,
  warnings: WarningList,
  signal: AbortSignal | undefined,
): Promise<FormatReader> {
  const window = createByteWindow(source, signal);
  const { packets, serial } = await firstPackets(window, 3, 'ogg-vorbis');
  const identification = packets[0]!;
  if (identification.length < 30) {
    throw decodeError({ problem: 'The Vorbis header is too short', name: window.name, format: 'ogg-vorbis' });
  }
  // Vorbis I specification, section 4.2.2.
  const channelCount = identification[11]!;
  const sampleRateHz = viewOf(identification).getUint32(12, true);
  checkHeaderFormat({ sampleRateHz, channelCount }, window.name, 'ogg-vorbis');
  const sampleCount = await lastGranuleOf(window, serial);

  async function* decodeAll(signal: AbortSignal | undefined): AsyncGenerator<Float32Array[]> {
    const decoder = new OggVorbisDecoder();
    await decoder.ready;
    const decode = async (work: () => ReturnType<OggVorbisDecoder['flush']>): Promise<Float32Array[]> => {
      try {
        const { channelData, errors } = await work();
        if (errors.length > 0) warnings.add('damaged', `Some packets could not be decoded: ${errors[0]!.message}`);
        return channelData;
      } catch (cause) {
        const problem = 'The Vorbis stream cannot be decoded';
        throw decodeError({ problem, name: window.name, format: 'ogg-vorbis', cause });
      }
    };
    try {
      // Whole pages that were checked: the decoder takes them apart again, but does not check.
      for await (const { page } of oggPackets(createByteWindow(source, signal), warnings)) {
        const channels = await decode(() => decoder.decode(page.bytes.slice()));
        if (channels.length === channelCount && channels[0]!.length > 0) yield channels;
      }
      const channels = await decode(() => decoder.flush());
      if (channels.length === channelCount && channels[0]!.length > 0) yield channels;
    } finally {
      decoder.free();
    }
  }
  return {
    format: 'ogg-vorbis',
    encoding: 'Vorbis',
    sampleRateHz,
    channelCount,
    sampleCount,
    readRange: (start, end, signal) =>
      cutRange(decodeAll(signal), start, Math.min(end, sampleCount ?? Infinity), sampleRateHz),
  };
}
