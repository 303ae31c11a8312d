import type { OpenGraph, RowSource } from '../network/feature-network.ts';
import type { WhisperConfig } from './whisper-config.ts';
import { openWhisperMel } from './whisper-mel.ts';

/**
 * Whisper's log-mel frames, two of them a row. The recording is padded with silence to whole rows, and to at least
 * `leastRows`.
 */
export async function openWhisperRows(
  config: WhisperConfig,
  leastRows: number,
  openGraph: OpenGraph,
): Promise<RowSource> {
  const mel = await openWhisperMel(config, openGraph);
  const rowSamples = 2 * config.hopSamples;
  const rowWidth = 2 * config.bandCount;
  return {
    async prepare(samples, options) {
      const frameCount = Math.ceil(samples.length / rowSamples);
      const padded = new Float32Array(Math.max(frameCount, leastRows) * rowSamples);
      padded.set(samples);
      const rows = await mel.read(padded, options);
      return {
        frameCount,
        read: async (first, end) => rows.subarray(first * rowWidth, end * rowWidth),
      };
    },
    close: () => mel.close(),
  };
}
