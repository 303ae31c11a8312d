import type { WarningList } from '../../audio-file.ts';

/** What one page decodes to. */
export interface PageAudio {
  /** Planar samples that follow each other. */
  readonly pieces: readonly (readonly Float32Array[])[];
  /** The codec's count behind the last of them, in samples; `undefined` where the page does not tell. */
  readonly endGranule: number | undefined;
  readonly gapBefore: boolean;
}

export interface AlignOptions {
  /** The count before the first sample. */
  readonly startGranule: number;
  readonly channelCount: number;
  readonly sampleRateHz: number;
}

/** Longer gaps are taken for a forged count. */
const maxGapSeconds = 600;

/** Puts silence in the place of lost pages, so that what follows stays at its time. */
export async function* alignPages(
  pages: AsyncIterable<PageAudio>,
  { startGranule, channelCount, sampleRateHz }: AlignOptions,
  warnings: WarningList,
): AsyncGenerator<readonly Float32Array[]> {
  let position = 0;
  for await (const { pieces, endGranule, gapBefore } of pages) {
    const length = pieces.reduce((sum, channels) => sum + (channels[0]?.length ?? 0), 0);
    if (gapBefore && endGranule !== undefined) {
      const missing = endGranule - startGranule - position - length;
      if (missing > 0 && missing <= maxGapSeconds * sampleRateHz) {
        warnings.add('damaged', `${missing} samples from sample ${position} on are lost; silence stands in for them`);
        for (let done = 0; done < missing; done += sampleRateHz) {
          const part = Math.min(sampleRateHz, missing - done);
          yield Array.from({ length: channelCount }, () => new Float32Array(part));
        }
        position += missing;
      }
    }
    yield* pieces;
    position += length;
  }
}
