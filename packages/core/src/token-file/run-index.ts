import type { ByteSource } from '../bytes/byte-source.ts';
import { readUnsignedIntegers } from '../bytes/little-endian.ts';
import type { CallOptions } from '../contract/call-options.ts';
import type { IntegerTensor } from './token-file-layout.ts';

/** Durations read at once. */
const blockLength = 16_384;

/** Durations and the place of their first one. */
export interface DurationBlock {
  /** Index of the first id. */
  readonly firstIndex: number;
  /** Frames before it. */
  readonly firstFrame: number;
  readonly durationsFrames: Uint32Array;
}

/** Finds the ids at a time in a track whose ids last for different numbers of frames. */
export interface RunIndex {
  /** The durations that touch the frames [from, to), and perhaps some around them, in blocks, in order. */
  blocks(from: number, to: number, options: Pick<CallOptions, 'signal'>): AsyncIterable<DurationBlock>;
}

/**
 * An index over the durations in a file. It reads them in blocks, keeps one number a block (where it starts), and so
 * finds a range that it has passed before without reading what comes before it.
 */
export function createRunIndex(source: ByteSource, tensor: IntegerTensor): RunIndex {
  /** Frames before each block; grows as blocks are passed. */
  const blockStarts = [0];

  async function readBlock(block: number, options: Pick<CallOptions, 'signal'>): Promise<Uint32Array> {
    const first = block * blockLength;
    const length = Math.min(blockLength, tensor.length - first);
    const { widthBytes } = tensor;
    const bytes = await source.read(tensor.offsetBytes + first * widthBytes, length * widthBytes, options);
    return readUnsignedIntegers(bytes, widthBytes);
  }

  return {
    async *blocks(from, to, options) {
      // The last block known to start at or before `from`.
      let block = blockStarts.findLastIndex((start) => start <= from);
      for (; block * blockLength < tensor.length; block++) {
        const firstFrame = blockStarts[block] as number;
        if (firstFrame >= to) return;
        const durationsFrames = await readBlock(block, options);
        const endFrame = durationsFrames.reduce((total, duration) => total + duration, firstFrame);
        blockStarts[block + 1] ??= endFrame;
        if (endFrame > from) yield { firstIndex: block * blockLength, firstFrame, durationsFrames };
      }
    },
  };
}
