import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { spaceOf } from '../../test/support/arbitrary-grids.ts';
import { failure } from '../../test/support/failures.ts';
import { joinGrids } from '../transforms/join-grids.ts';
import { sliceGrid } from '../transforms/slice-grid.ts';
import { framesBefore, trackFrameCounts } from './frame-clock.ts';
import type { TokenGrid } from './token-grid.ts';
import type { TokenSpace } from './token-space.ts';
import { tokenSpaceFromJson, tokenSpaceToJson } from './token-space-json.ts';
import { validateTokenGrid } from './validate-token-grid.ts';

/** HuBERT: 400 samples every 320. */
const space: TokenSpace = { ...spaceOf([320], 500), id: 'test:hubert', windowSamples: 400 };

function gridIn(tokenSpace: TokenSpace, sampleCount: number, frames: number): TokenGrid {
  const ids = Uint32Array.from({ length: frames }, (_, i) => (7 * i) % 500);
  return { tokenSpace, startSample: 0, sampleCount, tracks: [{ ids }] };
}

// Longer than a hop, as long, and shorter: S3Tokenizer begins a frame of 640 samples with the first 160 of them.
describe.each([
  [400, 320],
  [320, 320],
  [160, 640],
  [1, 640],
])('windows of %i samples every %i', (windowSamples, hop) => {
  const tokenSpace: TokenSpace = { ...spaceOf([hop], 500), id: 'test:windows', windowSamples };
  /** The definition: windows that lie within the audio, one after another. */
  const windowsIn = (sampleCount: number): number => {
    let frames = 0;
    while (frames * hop + windowSamples <= sampleCount) frames++;
    return frames;
  };

  test('a clip has a frame for each window that lies within it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(3_000), fc.nat(100_000)), (sampleCount) => {
        const frames = windowsIn(sampleCount);
        expect(trackFrameCounts(tokenSpace, sampleCount)!.exact).toEqual([frames]);
        validateTokenGrid(gridIn(tokenSpace, sampleCount, frames));
        if (frames === 0) return;
        expect(() => validateTokenGrid(gridIn(tokenSpace, sampleCount, frames - 1))).toThrow('do not cover');
      }),
    );
  });

  test('slices joined are the whole, wherever it is cut between two frames', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_000 }), fc.array(fc.nat(28)), (sampleCount, cuts) => {
        const whole = gridIn(tokenSpace, sampleCount, windowsIn(sampleCount));
        const starts = [0, ...cuts.map((cut) => cut * hop).filter((cut) => cut < sampleCount), sampleCount];
        const edges = [...starts].sort((a, b) => a - b);
        const slices = edges.slice(1).map((end, i) => sliceGrid(whole, edges[i]!, end));
        for (const slice of slices) validateTokenGrid(slice);
        expect(joinGrids(slices)).toEqual(whole);
      }),
    );
  });
});

test('frames of HuBERT', () => {
  expect(trackFrameCounts(space, 16_000)).toEqual({ exact: [49], padded: [50] });
  expect(trackFrameCounts(space, 399)).toEqual({ exact: [0], padded: [0] });
  expect(framesBefore(gridIn(space, 16_000, 49), 0, 15_680)).toBe(49);
  expect(framesBefore(gridIn(space, 15_700, 48), 0, 15_680)).toBe(48);
});

test('a recording does not go on after a stretch that lacks its last frame', () => {
  const next = { ...gridIn(space, 1_000, 2), startSample: 640 };
  expect(failure(() => joinGrids([gridIn(space, 640, 1), next]))).toContain('do not join to whole windows');
  expect(joinGrids([gridIn(space, 640, 2), next]).tracks[0]!.ids.length).toBe(4);
});

test('windows survive JSON, and are refused where frames could not be told from the length', () => {
  expect(tokenSpaceFromJson(JSON.parse(JSON.stringify(tokenSpaceToJson(space))))).toEqual(space);
  const refused = (changes: Partial<TokenSpace>): string => failure(() => tokenSpaceFromJson({ ...space, ...changes }));
  for (const windowSamples of [0, 641, 400.5, '400' as never, null as never]) {
    expect(refused({ windowSamples })).toContain('windowSamples');
  }
  for (const windowSamples of [1, 160, 320, 640]) expect(refused({ windowSamples })).toBe('accepted');
  expect(refused({ codebooks: spaceOf([320, 160]).codebooks })).toContain('hops of 320, 160');
  expect(refused({ blockSamples: 640 })).toContain('windows beside');
});
