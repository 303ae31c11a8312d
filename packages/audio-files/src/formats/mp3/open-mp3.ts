import type { ByteSource, PcmChunk } from '@speech-tokens/core';
import { MPEGDecoder } from 'mpg123-decoder';
import type { FormatReader, WarningList } from '../../audio-file.ts';
import { detectBytes } from '../../detect/detect-format.ts';
import { decodeError } from '../../errors.ts';
import { createByteWindow } from '../../source/byte-window.ts';
import { cutRange } from '../cut-range.ts';
import { frameRuns } from './mp3-frames.ts';
import { findMpegHeader } from './mpeg-header.ts';
import { parseXingHeader, type XingHeader } from './xing-header.ts';

/** Samples by which every decoder of layer 3 lags behind its encoder. */
const decoderDelaySamples = 529;

/**
 * Opens MP3, also MPEG layers 1 and 2, decoded by mpg123. Where the file says what its encoder added before and behind
 * the audio, exactly that is taken off.
 */
export async function openMp3(
  source: ByteSource,
  warnings: WarningList,
  signal: AbortSignal | undefined,
): Promise<FormatReader> {
  const window = createByteWindow(source, signal);
  const found = findMpegHeader(await window.peek(0, detectBytes));
  if (found?.header.frameBytes === undefined) {
    throw decodeError({ problem: 'No MPEG audio frame was found', name: window.name, format: 'mp3' });
  }
  const { header: kind, offset } = found;
  const { sampleRateHz, channelCount, frameSampleCount, frameBytes } = kind;
  const xing = kind.layer === 3 ? parseXingHeader(await window.peek(offset, frameBytes!), kind) : undefined;
  const firstAudioBytes = xing === undefined ? offset : offset + frameBytes!;
  const gap = xing?.gap;
  const skipSamples = gap === undefined ? 0 : gap.delaySamples + decoderDelaySamples;
  const sampleCount = lengthOf(xing, frameSampleCount, source.sizeBytes - offset, warnings);

  async function* decodeAll(signal: AbortSignal | undefined): AsyncGenerator<Float32Array[]> {
    // Gaps are cut here: the decoder would not know where a later part of a stream starts.
    const decoder = new MPEGDecoder({ enableGapless: false });
    await decoder.ready;
    try {
      const reading = createByteWindow(source, signal);
      for await (const run of frameRuns(reading, firstAudioBytes, kind, warnings, signal)) {
        const { channelData, samplesDecoded, errors } = decoder.decode(run.bytes);
        if (errors.length > 0) warnings.add('damaged', `Some frames could not be decoded: ${errors[0]!.message}`);
        // The decoder always gives two channels; those of a mono file are equal.
        if (samplesDecoded > 0) yield channelData.slice(0, channelCount);
      }
    } finally {
      decoder.free();
    }
  }

  const readRange = (start: number, end: number, signal: AbortSignal | undefined): AsyncGenerator<PcmChunk> =>
    cutRange(decodeAll(signal), { start, end, skip: skipSamples, sampleCount, sampleRateHz }, warnings);
  const encoding = `MPEG-${kind.version} layer ${kind.layer}`;
  return { format: 'mp3', encoding, sampleRateHz, channelCount, sampleCount, readRange };
}

function lengthOf(
  xing: XingHeader | undefined,
  frameSampleCount: number,
  availableBytes: number,
  warnings: WarningList,
): number | undefined {
  if (xing?.frameCount === undefined) return undefined;
  if (xing.sizeBytes !== undefined && xing.sizeBytes > availableBytes) {
    warnings.add('truncated', `The header gives ${xing.sizeBytes} bytes, the file has ${availableBytes}`);
    return undefined;
  }
  const added = xing.gap === undefined ? 0 : xing.gap.delaySamples + xing.gap.paddingSamples;
  return Math.max(0, xing.frameCount * frameSampleCount - added);
}
