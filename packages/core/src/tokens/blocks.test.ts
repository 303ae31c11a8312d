import { expect, test } from 'vitest';
import { isSpeechTokensError } from '../errors/speech-tokens-error.ts';
import { sliceGrid } from '../transforms/slice-grid.ts';
import { alignmentSamples, trackFrameCounts } from './frame-clock.ts';
import type { TokenGrid } from './token-grid.ts';
import type { TokenSpace } from './token-space.ts';
import { tokenSpaceFromJson, tokenSpaceToJson } from './token-space-json.ts';
import { validateTokenGrid } from './validate-token-grid.ts';
import { validateTokenSpace } from './validate-token-space.ts';

/** SNAC at 44.1 kHz: frames of 8, 4, 2 and 1 times 384 samples, attention over 32 of them. */
const space: TokenSpace = {
  id: 'test:blocks',
  sampleRateHz: 44_100,
  codebooks: [8, 4, 2, 1].map((stride, k) => ({ name: `codebook-${k}`, size: 16, hopSamples: 384 * stride })),
  blockSamples: 32 * 384,
  prefixDecodable: true,
};

test('tracks are just as long as the audio, or padded to the end of its last block', () => {
  expect(trackFrameCounts(space, 1)).toEqual({ exact: [1, 1, 1, 1], padded: [4, 8, 16, 32] });
  expect(trackFrameCounts(space, 12_289)).toEqual({ exact: [5, 9, 17, 33], padded: [8, 16, 32, 64] });
  const gridOf = (counts: readonly number[]): TokenGrid => ({
    tokenSpace: space,
    startSample: 0,
    sampleCount: 12_289,
    tracks: counts.map((count) => ({ ids: new Uint32Array(count) })),
  });
  validateTokenGrid(gridOf([5, 9, 17, 33]));
  validateTokenGrid(gridOf([8, 16, 32, 64]));
  // Whole coarse frames are not enough where blocks are longer.
  expect(() => validateTokenGrid(gridOf([5, 10, 20, 40]))).toThrow(
    expect.objectContaining({ code: 'token-grid-invalid' }),
  );
});

test('grids are cut between blocks', () => {
  expect(alignmentSamples(space)).toBe(12_288);
  const tracks = [8, 16, 32, 64].map((count) => ({ ids: Uint32Array.from({ length: count }, (_, i) => i % 16) }));
  const grid: TokenGrid = { tokenSpace: space, startSample: 0, sampleCount: 12_289, tracks };
  expect(sliceGrid(grid, 12_288, 12_289).tracks.map(({ ids }) => ids.length)).toEqual([4, 8, 16, 32]);
  expect(() => sliceGrid(grid, 3072, 12_289)).toThrow(expect.objectContaining({ code: 'argument-invalid' }));
});

test('blocks survive JSON, and are refused where they are no multiple of every hop', () => {
  expect(tokenSpaceFromJson(JSON.parse(JSON.stringify(tokenSpaceToJson(space))))).toEqual(space);
  const refused = (changes: Partial<TokenSpace>): string => {
    try {
      validateTokenSpace({ ...space, ...changes });
      return 'accepted';
    } catch (error) {
      if (!isSpeechTokensError(error, 'argument-invalid')) throw error;
      return error.message;
    }
  };
  for (const blockSamples of [0, -12_288, 3071, 1.5, Number.NaN, '12288' as never, null as never]) {
    expect(refused({ blockSamples })).toContain('blockSamples');
  }
  expect(refused({ codebooks: [{ name: 'a', size: 2 }] })).toContain('blockSamples');
  const segments = { lengthSamples: 12_288, strideSamples: 12_288 };
  expect(refused({ segments, codebooks: [space.codebooks[0]!] })).toContain('blockSamples');
});
