import type { ByteSource, PcmChunk } from '@speech-tokens/core';
import { OggVorbisDecoder } from '@wasm-audio-decoders/ogg-vorbis';
import type { FormatReader, WarningList } from '../../audio-file.ts';
import { checkHeaderFormat, decodeError } from '../../errors.ts';
import { createByteWindow, viewOf } from '../../source/byte-window.ts';
import { cutRange } from '../cut-range.ts';
import { alignPages, type PageAudio } from './align-pages.ts';
import { oggPackets } from './ogg-packets.ts';
import { readOggStart } from './ogg-start.ts';

/** Opens Ogg Vorbis, decoded by libvorbis. Channels keep Vorbis's own order. */
export async function openVorbis(
  source: ByteSource,
  warnings: WarningList,
  signal: AbortSignal | undefined,
): Promise<FormatReader> {
  const window = createByteWindow(source, signal);
  const { packets, lastGranule: sampleCount } = await readOggStart(window, 3, 'ogg-vorbis', warnings);
  const identification = packets[0]!;
  if (identification.length < 30) {
    throw decodeError({ problem: 'The Vorbis header is too short', name: window.name, format: 'ogg-vorbis' });
  }
  // Vorbis I specification, section 4.2.2.
  const channelCount = identification[11]!;
  const sampleRateHz = viewOf(identification).getUint32(12, true);
  checkHeaderFormat({ sampleRateHz, channelCount }, window.name, 'ogg-vorbis');

  async function* decodePages(signal: AbortSignal | undefined): AsyncGenerator<PageAudio> {
    const decoder = new OggVorbisDecoder();
    await decoder.ready;
    const decode = async (work: () => ReturnType<OggVorbisDecoder['flush']>): Promise<Float32Array[][]> => {
      try {
        const { channelData } = await work();
        return channelData.length === channelCount && channelData[0]!.length > 0 ? [channelData] : [];
      } catch (cause) {
        const problem = 'The Vorbis stream cannot be decoded';
        throw decodeError({ problem, name: window.name, format: 'ogg-vorbis', cause });
      }
    };
    try {
      // The decoder takes pages apart by itself, and gives the sound of each only when it sees the next.
      let previous: Omit<PageAudio, 'pieces'> = { endGranule: undefined, gapBefore: false };
      for await (const { page, granule, gapBefore } of oggPackets(createByteWindow(source, signal), warnings)) {
        yield { pieces: await decode(() => decoder.decode(page.bytes.slice())), ...previous };
        previous = { endGranule: granule, gapBefore };
      }
      yield { pieces: await decode(() => decoder.flush()), ...previous };
    } finally {
      decoder.free();
    }
  }

  async function* readRange(start: number, end: number, signal: AbortSignal | undefined): AsyncGenerator<PcmChunk> {
    const aligned = alignPages(decodePages(signal), { startGranule: 0, channelCount, sampleRateHz }, warnings);
    yield* cutRange(aligned, { start, end, skip: 0, sampleCount, sampleRateHz }, warnings);
  }
  return { format: 'ogg-vorbis', encoding: 'Vorbis', sampleRateHz, channelCount, sampleCount, readRange };
}
