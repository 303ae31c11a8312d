import type { PcmChunk } from '@speech-tokens/core';
import { chunkSampleCountFor } from '../limits.ts';

/**
 * The part [startSample, endSample) of audio that can only be decoded from its start, in chunks of bounded size.
 * @param pieces planar samples that follow each other from sample 0 on
 */
export async function* cutRange(
  pieces: AsyncIterable<readonly Float32Array[]>,
  startSample: number,
  endSample: number,
  sampleRateHz: number,
): AsyncGenerator<PcmChunk> {
  if (startSample >= endSample) return;
  let position = 0;
  for await (const channels of pieces) {
    const length = channels[0]?.length ?? 0;
    const step = chunkSampleCountFor(channels.length);
    const last = Math.min(length, endSample - position);
    for (let at = Math.max(0, startSample - position); at < last; at += step) {
      const end = Math.min(last, at + step);
      const whole = at === 0 && end === length;
      yield {
        sampleRateHz,
        startSample: position + at,
        channels: whole ? channels : channels.map((samples) => samples.slice(at, end)),
      };
    }
    position += length;
    if (position >= endSample) return;
  }
}
