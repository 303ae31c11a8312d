import { breathe } from '../../abort.ts';
import type { ByteWindow } from '../../source/byte-window.ts';
import { decodeFrame, type FlacFrame, frameBytesBound } from './frame.ts';
import { maxFrameHeaderBytes, parseFrameHeader } from './frame-header.ts';
import type { FlacStreamInfo } from './stream-info.ts';

/** A frame and where it lies in the source. */
export interface LocatedFrame extends FlacFrame {
  readonly offsetBytes: number;
}

/** Bytes that are searched at a time. */
const searchBytes = 65_536;

/** The whole, undamaged frame that starts at a place, if one does. */
export async function frameAt(
  window: ByteWindow,
  offsetBytes: number,
  info: FlacStreamInfo,
): Promise<LocatedFrame | undefined> {
  const head = await window.peek(offsetBytes, maxFrameHeaderBytes);
  const header = parseFrameHeader(head, 0, info);
  if (header === undefined) return undefined;
  // Some encoders are wasteful, but not without end: a forged header must not have the whole file read for it.
  for (let factor = 1; factor <= 8; factor *= 2) {
    const bound = factor * frameBytesBound(header.blockSamples, info);
    const frame = decodeFrame(await window.peek(offsetBytes, bound), 0, info);
    if (frame !== 'incomplete') return frame === undefined ? undefined : { ...frame, offsetBytes };
    if (offsetBytes + bound >= window.sizeBytes) return undefined;
  }
  return undefined;
}

/** The first whole frame that starts in [startBytes, endBytes). */
export async function findFrame(
  window: ByteWindow,
  startBytes: number,
  endBytes: number,
  info: FlacStreamInfo,
  signal: AbortSignal | undefined,
): Promise<LocatedFrame | undefined> {
  for (let blockStart = startBytes; blockStart < endBytes; blockStart += searchBytes) {
    const block = await window.peek(blockStart, searchBytes + maxFrameHeaderBytes);
    const last = Math.min(searchBytes, endBytes - blockStart, block.length);
    for (let at = block.indexOf(0xff); at !== -1 && at < last; at = block.indexOf(0xff, at + 1)) {
      if (parseFrameHeader(block, at, info) === undefined) continue;
      const frame = await frameAt(window, blockStart + at, info);
      if (frame !== undefined) return frame;
      await breathe(signal);
    }
  }
  return undefined;
}
