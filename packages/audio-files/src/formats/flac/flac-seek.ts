import type { WarningList } from '../../audio-file.ts';
import type { ByteWindow } from '../../source/byte-window.ts';
import type { SeekPoint } from './flac-header.ts';
import { frameBytesBound } from './frame.ts';
import { findFrame, frameAt, type LocatedFrame } from './frame-finder.ts';
import type { FlacStreamInfo } from './stream-info.ts';

/** The frames of a file. */
export interface FlacSpan {
  readonly info: FlacStreamInfo;
  readonly first: LocatedFrame;
  /** Behind the metadata: offsets of seek points count from here. */
  readonly firstFrameOffsetBytes: number;
  readonly sizeBytes: number;
  /** Where a frame starts, in samples from the start of the file. */
  sampleOf(frame: LocatedFrame): number;
}

interface Place {
  readonly offsetBytes: number;
  readonly sample: number;
}

export interface FlacSeeker {
  /** A frame at or before a sample, near enough to decode from there. */
  seek(
    window: ByteWindow,
    sample: number,
    sampleCount: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Place>;
  /** Where the last whole frame ends, by looking at the end of the file; `undefined` where none is found there. */
  findEndSample(window: ByteWindow, signal: AbortSignal | undefined): Promise<number | undefined>;
}

/** Bisection stops where decoding the rest costs less than another jump. */
const nearBytes = 65_536;

export function createSeeker(span: FlacSpan, seekPoints: readonly SeekPoint[], warnings: WarningList): FlacSeeker {
  const { info, first, sizeBytes, sampleOf } = span;
  const start: Place =
    first.offsetBytes === span.firstFrameOffsetBytes
      ? { offsetBytes: first.offsetBytes, sample: 0 }
      : { offsetBytes: span.firstFrameOffsetBytes, sample: 0 };

  /** Narrows [low, high) by the file's seek table, after checking it at the place in question. */
  async function byTable(window: ByteWindow, sample: number): Promise<{ low: Place; highBytes: number }> {
    let low = start;
    let highBytes = sizeBytes;
    for (const point of seekPoints) {
      const offsetBytes = span.firstFrameOffsetBytes + point.offsetBytes;
      if (point.sample <= sample) low = { offsetBytes, sample: point.sample };
      else if (offsetBytes > low.offsetBytes) {
        highBytes = Math.min(sizeBytes, offsetBytes);
        break;
      }
    }
    if (low === start) return { low, highBytes: sizeBytes };
    const frame = await frameAt(window, low.offsetBytes, info);
    if (frame !== undefined && sampleOf(frame) === low.sample) return { low, highBytes };
    warnings.add('header-inconsistent', 'The seek table of the file points to wrong places; it was not used');
    return { low: start, highBytes: sizeBytes };
  }

  return {
    async seek(window, sample, sampleCount, signal) {
      if (sample < first.header.blockSamples) return start;
      let { low, highBytes } = await byTable(window, sample);
      while (highBytes - low.offsetBytes > nearBytes) {
        const middle = Math.floor((low.offsetBytes + highBytes) / 2);
        const frame = await findFrame(window, middle, highBytes, info, signal);
        if (frame === undefined) {
          highBytes = middle;
          continue;
        }
        const found = sampleOf(frame);
        // A frame out of order would send the search astray: it counts as lying behind.
        const inOrder = found > low.sample && found < (sampleCount ?? Infinity);
        if (inOrder && found <= sample) low = { offsetBytes: frame.offsetBytes, sample: found };
        else highBytes = middle;
      }
      return low;
    },

    async findEndSample(window, signal) {
      const tailBytes = Math.max(nearBytes, 4 * frameBytesBound(info.maxBlockSamples, info));
      let offset = Math.max(first.offsetBytes, sizeBytes - tailBytes);
      let end: number | undefined;
      for (;;) {
        const frame =
          (await frameAt(window, offset, info)) ?? (await findFrame(window, offset, sizeBytes, info, signal));
        if (frame === undefined) return end;
        end = sampleOf(frame) + frame.header.blockSamples;
        offset = frame.offsetBytes + frame.frameBytes;
      }
    },
  };
}
