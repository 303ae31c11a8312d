import type { ByteSource, PcmChunk } from '@speech-tokens/core';
import type { AudioFileFormat, FormatReader, WarningList } from '../../audio-file.ts';
import { chunkSampleCountFor } from '../../limits.ts';
import { readExactly } from '../../source/read-exactly.ts';
import { decodeInterleaved, describeEncoding, type SampleEncoding } from './sample-encoding.ts';

/** Where the samples of an uncompressed file lie. */
export interface PcmLayout {
  readonly format: AudioFileFormat;
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly encoding: SampleEncoding;
  readonly dataOffsetBytes: number;
  /** Samples in each channel; the source has at least these bytes. */
  readonly sampleCount: number;
}

/** Reads any stretch of an uncompressed file. */
export function createPcmReader(source: ByteSource, layout: PcmLayout, warnings: WarningList): FormatReader {
  const { channelCount, encoding, sampleRateHz, sampleCount } = layout;
  const frameBytes = channelCount * encoding.bytesPerSample;
  const chunkSampleCount = chunkSampleCountFor(channelCount);
  async function* readRange(start: number, end: number, signal: AbortSignal | undefined): AsyncGenerator<PcmChunk> {
    for (let startSample = start; startSample < end; startSample += chunkSampleCount) {
      const wanted = Math.min(chunkSampleCount, end - startSample);
      const offset = layout.dataOffsetBytes + startSample * frameBytes;
      const bytes = await readExactly(source, offset, wanted * frameBytes, signal);
      const { channels, notFiniteCount } = decodeInterleaved(bytes, encoding, channelCount);
      if (notFiniteCount > 0) {
        warnings.add('not-finite', 'The file holds values that are not finite numbers; they were read as 0');
      }
      yield { sampleRateHz, startSample, channels };
    }
  }
  return {
    format: layout.format,
    encoding: describeEncoding(encoding),
    sampleRateHz,
    channelCount,
    sampleCount,
    readRange: (start, end, signal) => readRange(start, Math.min(end, sampleCount), signal),
  };
}
