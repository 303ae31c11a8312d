/** Rates outside [1, 1 MHz] are taken for a damaged header. */
export const maxSampleRateHz = 1_000_000;

/** More channels than any recording has: a damaged header. */
export const maxChannelCount = 256;

/** Values of all channels together in one chunk of a stream: bounds memory whatever the channel count is. */
const maxChunkValueCount = 65_536;

/** Samples per channel in the chunks that reading gives. */
export function chunkSampleCountFor(channelCount: number): number {
  return Math.max(1, Math.floor(maxChunkValueCount / Math.max(4, channelCount)));
}
