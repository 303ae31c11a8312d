import fc from 'fast-check';
import { createRandom } from '../../src/random/seeded-random.ts';
import { sideRows, trackFrameCounts } from '../../src/tokens/frame-clock.ts';
import type { SideTrack, TokenGrid } from '../../src/tokens/token-grid.ts';
import type { TokenSpace } from '../../src/tokens/token-space.ts';

export function spaceOf(hops: readonly (number | undefined)[], sizes: number | readonly number[] = 16): TokenSpace {
  return {
    id: `test:${hops.join('-')}`,
    sampleRateHz: 16_000,
    codebooks: hops.map((hopSamples, index) => ({
      name: `codebook-${index}`,
      size: typeof sizes === 'number' ? sizes : (sizes[index] as number),
      ...(hopSamples === undefined ? {} : { hopSamples }),
    })),
    prefixDecodable: true,
  };
}

/** SNAC 24 kHz: strides 4, 2, 1 of 512 samples. */
export const snacSpace: TokenSpace = { ...spaceOf([2048, 1024, 512], 4096), id: 'test:snac', sampleRateHz: 24_000 };

/** Few ids, so that repeats are common; hops that nest, do not nest, or are one. */
const hopLists = fc.constantFrom([4], [4, 4], [4, 4, 4], [8, 4, 2], [8, 4, 4, 2], [2, 8], [6, 4]);

/** Hops in segments: of whole frames, of one frame more than the stride takes, without an overlap. */
const segmentLists: fc.Arbitrary<TokenSpace['segments']> = fc.constantFrom(
  undefined,
  undefined,
  undefined,
  { lengthSamples: 12, strideSamples: 12 },
  { lengthSamples: 12, strideSamples: 8 },
  { lengthSamples: 12, strideSamples: 6 },
  { lengthSamples: 11, strideSamples: 8 },
);

/** Valid grids of one to four codebooks, with and without segments, blocks, windows, padding and side tracks. */
export const anyGrid: fc.Arbitrary<TokenGrid> = fc
  .record({
    hops: hopLists,
    segments: segmentLists,
    hasBlocks: fc.boolean(),
    windowSamples: fc.constantFrom(undefined, undefined, 1, 3, 4, 5, 8),
    sampleCount: fc.nat(70),
    startFrame: fc.nat(3),
    padded: fc.boolean(),
    size: fc.constantFrom(2, 300, 70_000),
    codebookCount: fc.nat(3),
    sideHops: fc.array(fc.constantFrom(5, 12, 48), { maxLength: 2 }),
    seed: fc.nat(),
  })
  .map(
    ({
      hops,
      segments,
      hasBlocks,
      windowSamples,
      sampleCount,
      startFrame,
      padded,
      size,
      codebookCount,
      sideHops,
      seed,
    }) => {
      const nests = hops.every((hop) => Math.max(...hops) % hop === 0);
      const plain =
        hasBlocks && nests ? { ...spaceOf(hops, size), id: 'test:blocks', blockSamples: 24 } : spaceOf(hops, size);
      const isEven = hops.every((hop) => hop === 4);
      const inSegments = segments !== undefined && isEven;
      const inWindows =
        isEven && windowSamples !== undefined ? { ...spaceOf(hops, size), id: 'test:windows', windowSamples } : plain;
      const tokenSpace = inSegments ? { ...spaceOf(hops, size), id: 'test:segments', segments } : inWindows;
      const startSample = startFrame * 24;
      const counts = trackFrameCounts(tokenSpace, sampleCount);
      const next = createRandom(seed).nextInteger;
      const tracks = (padded ? counts?.padded : counts?.exact)
        ?.slice(0, (codebookCount % hops.length) + 1)
        .map((count) => ({ ids: Uint32Array.from({ length: count }, () => (next(2) === 0 ? size - 1 : next(size))) }));
      const sideTracks = sideHops.map((hopSamples, index): SideTrack => {
        const { rowCount } = sideRows(hopSamples, { startSample, endSample: startSample + sampleCount });
        const values = Float32Array.from({ length: rowCount * 2 }, () => next(1000) / 7 - 50);
        return { name: `side-${index}`, hopSamples, valuesPerFrame: 2, values };
      });
      return {
        tokenSpace,
        startSample,
        sampleCount,
        tracks: tracks ?? [],
        ...(sideTracks.length === 0 ? {} : { sideTracks }),
      };
    },
  );
