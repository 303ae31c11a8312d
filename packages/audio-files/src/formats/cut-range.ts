import type { PcmChunk } from '@speech-tokens/core';
import type { WarningList } from '../audio-file.ts';
import { chunkSampleCountFor } from '../limits.ts';

export interface RangeOptions {
  readonly start: number;
  readonly end: number;
  /** Samples to drop before sample 0: what the encoder put there. */
  readonly skip: number;
  /** What the container says; `undefined` where it does not. */
  readonly sampleCount: number | undefined;
  readonly sampleRateHz: number;
}

/**
 * The part [start, end) of audio that can only be decoded from its start, in chunks of bounded size.
 * @param pieces planar samples that follow each other
 */
export async function* cutRange(
  pieces: AsyncIterable<readonly Float32Array[]>,
  { start, end, skip, sampleCount, sampleRateHz }: RangeOptions,
  warnings: WarningList,
): AsyncGenerator<PcmChunk> {
  const last = Math.min(end, sampleCount ?? Infinity);
  if (start >= last) return;
  let position = -skip;
  for await (const channels of pieces) {
    const length = channels[0]?.length ?? 0;
    const step = chunkSampleCountFor(channels.length);
    const wanted = Math.min(length, last - position);
    for (let at = Math.max(0, start - position, -position); at < wanted; at += step) {
      const until = Math.min(wanted, at + step);
      const whole = at === 0 && until === length;
      yield {
        sampleRateHz,
        startSample: position + at,
        channels: whole ? channels : channels.map((samples) => samples.slice(at, until)),
      };
    }
    position += length;
    if (position >= last) return;
  }
  if (sampleCount !== undefined) {
    const found = Math.max(0, position);
    warnings.add('truncated', `The file says ${sampleCount} samples a channel, but ends at sample ${found}`);
  }
}
