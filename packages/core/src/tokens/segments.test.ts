import fc from 'fast-check';
import { expect, test } from 'vitest';
import { spaceOf } from '../../test/support/arbitrary-grids.ts';
import { failure } from '../../test/support/failures.ts';
import { joinGrids } from '../transforms/join-grids.ts';
import { sliceGrid } from '../transforms/slice-grid.ts';
import { alignmentSamples, framesBefore, trackFrameCounts } from './frame-clock.ts';
import type { TokenGrid } from './token-grid.ts';
import { bitrateBps, frameRateHz, type TokenSpace } from './token-space.ts';
import { tokenSpaceFromJson, tokenSpaceToJson } from './token-space-json.ts';
import { validateTokenGrid } from './validate-token-grid.ts';

/** EnCodec, 48 kHz: one second every 0.99 seconds, 150 frames each. */
const encodecSpace: TokenSpace = {
  ...spaceOf([320, 320], 1_024),
  id: 'test:encodec',
  sampleRateHz: 48_000,
  segments: { lengthSamples: 48_000, strideSamples: 47_520 },
};

/** The definition, as the authors loop over a clip. */
function framesOfClip(sampleCount: number): number {
  let frames = 0;
  for (let start = 0; start < sampleCount; start += 47_520) {
    frames += Math.ceil(Math.min(48_000, sampleCount - start) / 320);
  }
  return frames;
}

function gridOf(sampleCount: number, frames: number): TokenGrid {
  const tracks = [0, 1].map((k) => ({ ids: Uint32Array.from({ length: frames }, (_, i) => (i + 500 * k) % 1_024) }));
  return { tokenSpace: encodecSpace, startSample: 0, sampleCount, tracks };
}

test('a clip has the frames of each of its segments', () => {
  const lengths = fc.oneof(
    fc.nat(400_000),
    fc.tuple(fc.nat(8), fc.integer({ min: -700, max: 700 })).map(([n, more]) => Math.max(0, n * 47_520 + more)),
  );
  fc.assert(
    fc.property(lengths, (sampleCount) => {
      const frames = framesOfClip(sampleCount);
      expect(trackFrameCounts(encodecSpace, sampleCount)!.exact).toEqual([frames, frames]);
      validateTokenGrid(gridOf(sampleCount, frames));
      if (sampleCount > 0) expect(() => validateTokenGrid(gridOf(sampleCount, frames - 1))).toThrow('do not cover');
    }),
  );
  // A long recording takes no longer to count than a short one.
  expect(trackFrameCounts(encodecSpace, 2 ** 52)!.exact[0]).toBeGreaterThan(2 ** 43);
});

test('a stretch that ends with the stride of a segment may hold that segment whole, as the audio may go on', () => {
  expect(trackFrameCounts(encodecSpace, 2 * 47_520)).toEqual({ exact: [299, 299], padded: [300, 300] });
  validateTokenGrid(gridOf(2 * 47_520, 300));
  expect(failure(() => validateTokenGrid(gridOf(2 * 47_520, 301)))).toContain('token-grid-invalid');
  // Elsewhere the audio ends: there is just one way.
  expect(trackFrameCounts(encodecSpace, 50_000)).toEqual({ exact: [158, 158], padded: [158, 158] });
});

test('slices lie on strides, and joined they are the whole', () => {
  const anySamples = fc.integer({ min: 1, max: 200_000 });
  fc.assert(
    fc.property(anySamples, fc.array(fc.nat(5)), (sampleCount, cuts) => {
      const whole = gridOf(sampleCount, framesOfClip(sampleCount));
      const starts = [0, ...cuts.map((cut) => cut * 47_520).filter((cut) => cut < sampleCount), sampleCount];
      const edges = [...starts].sort((a, b) => a - b);
      const slices = edges.slice(1).map((end, i) => sliceGrid(whole, edges[i]!, end));
      for (const slice of slices) validateTokenGrid(slice);
      expect(joinGrids(slices)).toEqual(whole);
    }),
    { numRuns: 60 },
  );
  expect(alignmentSamples(encodecSpace)).toBe(47_520);
  expect(framesBefore(gridOf(150_000, framesOfClip(150_000)), 0, 2 * 47_520)).toBe(300);
  expect(failure(() => sliceGrid(gridOf(150_000, framesOfClip(150_000)), 320, 150_000))).toContain('argument-invalid');
});

test('a recording does not go on after a segment that was cut short', () => {
  const ended = gridOf(47_520, 149);
  const next = { ...gridOf(100_000, framesOfClip(100_000)), startSample: 47_520 };
  expect(failure(() => joinGrids([ended, next]))).toContain('token-grid-invalid: The grids do not join to whole');
  const going = gridOf(47_520, 150);
  expect(joinGrids([going, next]).tracks[0]!.ids.length).toBe(150 + framesOfClip(100_000));
  // 160 samples more are no frame more: the first segment is cut short by the end of the audio.
  const rest = { ...gridOf(160, 1), startSample: 47_520 };
  expect(failure(() => joinGrids([going, rest]))).toContain('token-grid-invalid');
  expect(joinGrids([ended, rest]).tracks[0]!.ids.length).toBe(framesOfClip(47_680));
});

test('rates count the frames that overlap', () => {
  expect(frameRateHz(encodecSpace, encodecSpace.codebooks[0]!)).toBeCloseTo(150 / 0.99, 9);
  expect(bitrateBps(encodecSpace)).toBeCloseTo((2 * 10 * 150) / 0.99, 6);
});

test('segments survive JSON, and are refused where frames could not be told from the length', () => {
  expect(tokenSpaceFromJson(JSON.parse(JSON.stringify(tokenSpaceToJson(encodecSpace))))).toEqual(encodecSpace);
  const refused = (changes: Partial<TokenSpace>): string =>
    failure(() => tokenSpaceFromJson({ ...encodecSpace, ...changes }));
  expect(refused({ segments: { lengthSamples: 48_000, strideSamples: 0 } })).toContain('segments.strideSamples');
  expect(refused({ segments: { lengthSamples: 47_519, strideSamples: 47_520 } })).toContain('segments.lengthSamples');
  expect(refused({ segments: { lengthSamples: 3, strideSamples: 1 } })).toContain('segments.lengthSamples');
  expect(refused({ segments: { lengthSamples: 48_000, strideSamples: 40_000 } })).toContain('past the stride');
  expect(refused({ segments: null as never })).toContain('segments.strideSamples');
  expect(refused({ codebooks: spaceOf([320, 160]).codebooks })).toContain('hops of 320, 160');
  expect(refused({ codebooks: spaceOf([undefined]).codebooks })).toContain('one hop');
});
