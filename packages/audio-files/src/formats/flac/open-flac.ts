import type { ByteSource, PcmChunk } from '@speech-tokens/core';
import type { FormatReader, WarningList } from '../../audio-file.ts';
import { decodeError } from '../../errors.ts';
import { chunkSampleCountFor } from '../../limits.ts';
import { createByteWindow } from '../../source/byte-window.ts';
import { readFlacHeader } from './flac-header.ts';
import { createSeeker, type FlacSpan } from './flac-seek.ts';
import { findFrame, frameAt, type LocatedFrame } from './frame-finder.ts';

/** Bytes read at a time when going straight on. */
const readBlockBytes = 262_144;

/**
 * Opens FLAC (RFC 9639). The length is checked against the last frame, so that a file that was cut short tells so.
 * @throws SpeechTokensError `audio-decode` when the header is unusable or not one frame can be decoded
 */
export async function openFlac(
  source: ByteSource,
  warnings: WarningList,
  signal: AbortSignal | undefined,
): Promise<FormatReader> {
  const window = createByteWindow(source, signal);
  const { info, seekPoints, firstFrameOffsetBytes } = await readFlacHeader(window, warnings);
  const first = await findFrame(window, firstFrameOffsetBytes, source.sizeBytes, info, signal);
  const { sampleRateHz, channelCount } = info;
  const shared = { format: 'flac', encoding: `${info.bitsPerSample}-bit integer`, sampleRateHz, channelCount } as const;
  if (first === undefined) {
    if (info.sampleCount === undefined && firstFrameOffsetBytes >= source.sizeBytes) {
      return { ...shared, sampleCount: 0, readRange: async function* () {} };
    }
    throw decodeError({
      problem: 'The FLAC file holds no whole frame of audio',
      found: `${Math.max(0, source.sizeBytes - firstFrameOffsetBytes)} bytes behind the header`,
      wanted: `${info.sampleCount ?? 'some'} samples`,
      name: window.name,
      format: 'flac',
    });
  }

  // In a stream of fixed blocks a frame tells its number only; the last one may be shorter than the others.
  const fixedBlockSamples = info.minBlockSamples === info.maxBlockSamples ? info.maxBlockSamples : 0;
  const blockSamples = fixedBlockSamples || first.header.blockSamples;
  const numberOf = ({ header }: LocatedFrame): number =>
    header.numbersSamples ? header.codedNumber : header.codedNumber * blockSamples;
  // A stream that was cut out of a longer one starts at another number than 0. A damaged start does so too, but then
  // something lies between the header and the first frame.
  const base = first.offsetBytes === firstFrameOffsetBytes ? numberOf(first) : 0;
  const span: FlacSpan = {
    info,
    first,
    firstFrameOffsetBytes,
    sampleOf: (frame) => numberOf(frame) - base,
    sizeBytes: source.sizeBytes,
  };
  const seeker = createSeeker(span, seekPoints, warnings);
  const lastEnd = await seeker.findEndSample(window, signal);
  const sampleCount = lengthOf(info.sampleCount, lastEnd, warnings);

  async function* readRange(start: number, end: number, signal: AbortSignal | undefined): AsyncGenerator<PcmChunk> {
    if (start >= Math.min(end, sampleCount ?? Infinity)) return;
    const reading = createByteWindow(source, signal, readBlockBytes);
    // Not the block size: bisection jumps, and would read each block to throw it away.
    const from = await seeker.seek(createByteWindow(source, signal, 16_384), start, sampleCount, signal);
    let { offsetBytes } = from;
    let sample = from.sample;
    while (sample < end && offsetBytes < source.sizeBytes) {
      let frame = await frameAt(reading, offsetBytes, info);
      if (frame === undefined) {
        frame = await findFrame(reading, offsetBytes + 1, source.sizeBytes, info, signal);
        if (frame === undefined) break;
        const missing = missingSamples(
          span.sampleOf(frame) - sample,
          frame.offsetBytes - offsetBytes,
          info.maxBlockSamples,
        );
        warnings.add(
          'damaged',
          `${missing} samples from sample ${sample} on could not be decoded; silence stands in for them`,
        );
        yield* silence(sample, missing, start, end, sampleRateHz, channelCount);
        sample += missing;
      }
      const skip = Math.max(0, start - sample);
      const take = Math.min(frame.header.blockSamples, end - sample);
      if (skip < take) {
        const whole = skip === 0 && take === frame.header.blockSamples;
        const channels = whole ? frame.channels : frame.channels.map((samples) => samples.slice(skip, take));
        yield { sampleRateHz, startSample: sample + skip, channels };
      }
      sample += frame.header.blockSamples;
      offsetBytes = frame.offsetBytes + frame.frameBytes;
    }
    if (sampleCount !== undefined && sample < Math.min(end, sampleCount)) {
      warnings.add('truncated', `The audio ends at sample ${sample} instead of ${sampleCount}`);
    }
  }
  return { ...shared, sampleCount, readRange };
}

/** What the header says, corrected by where the last frame really ends. */
function lengthOf(
  declared: number | undefined,
  lastEnd: number | undefined,
  warnings: WarningList,
): number | undefined {
  if (lastEnd === undefined || declared === lastEnd) return declared;
  if (declared === undefined) return lastEnd;
  if (lastEnd < declared) {
    warnings.add('truncated', `The header gives ${declared} samples a channel, the file has ${lastEnd}`);
  } else {
    warnings.add('size-mismatch', `The header gives ${declared} samples a channel, the file has ${lastEnd}`);
  }
  return lastEnd;
}

/**
 * How many samples a damaged stretch held, by the number of the next good frame; never more than that many bytes could
 * hold, since the number itself may be forged.
 */
function missingSamples(claimed: number, damagedBytes: number, maxBlockSamples: number): number {
  const smallestFrameBytes = 9;
  const possible = (Math.floor(damagedBytes / smallestFrameBytes) + 1) * Math.max(1, maxBlockSamples);
  return claimed > 0 && claimed <= possible ? claimed : 0;
}

function* silence(
  startSample: number,
  sampleCount: number,
  rangeStart: number,
  rangeEnd: number,
  sampleRateHz: number,
  channelCount: number,
): Generator<PcmChunk> {
  const step = chunkSampleCountFor(channelCount);
  const end = Math.min(startSample + sampleCount, rangeEnd);
  for (let at = Math.max(startSample, rangeStart); at < end; at += step) {
    const length = Math.min(step, end - at);
    const channels = Array.from({ length: channelCount }, () => new Float32Array(length));
    yield { sampleRateHz, startSample: at, channels };
  }
}
