import { isSpeechTokensError, type TokenGrid, type TokenSpace, type TokenTrack } from '@speech-tokens/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTokenStatistics, type TokenStatistics } from './token-statistics.ts';

const space: TokenSpace = {
  id: 'test:space#1',
  sampleRateHz: 16_000,
  codebooks: [
    { name: 'coarse', size: 4, hopSamples: 320 },
    { name: 'fine', size: 1024, hopSamples: 160 },
  ],
  prefixDecodable: true,
};

function gridOf(tracks: readonly TokenTrack[], startSample = 0, sampleCount = 3200): TokenGrid {
  return { tokenSpace: space, startSample, sampleCount, tracks };
}

const track = (...ids: number[]): TokenTrack => ({ ids: Uint32Array.from(ids) });

function statisticsOf(...grids: TokenGrid[]): TokenStatistics {
  const meter = createTokenStatistics(space);
  for (const grid of grids) meter.push(grid);
  return meter.result();
}

describe('createTokenStatistics', () => {
  it('counts, and computes every figure as its name says', () => {
    const statistics = statisticsOf(gridOf([track(0, 0, 0, 0, 1, 1, 2, 2, 0, 0)]));
    const [coarse] = statistics.codebooks;
    // Probabilities .6 .2 .2 of four codes, three of them used.
    const entropy = -(0.6 * Math.log2(0.6) + 0.4 * Math.log2(0.2));
    expect(coarse).toMatchObject({
      name: 'coarse',
      tokenCount: 10,
      frameCount: 10,
      usedCodeCount: 3,
      unusedCodeCount: 1,
      frameRateHz: 50,
      tokenRateHz: 50,
      nominalBitrateBps: 100,
      runs: { count: 4, meanFrames: 2.5, longestFrames: 4, longestId: 0, longestStartFrame: 0 },
      codeCounts: [
        { id: 0, count: 6 },
        { id: 1, count: 2 },
        { id: 2, count: 2 },
      ],
    });
    expect(coarse!.entropyBits).toBeCloseTo(entropy, 12);
    expect(coarse!.entropyOfAllCodes).toBeCloseTo(entropy / 2, 12);
    expect(coarse!.entropyOfUsedCodes).toBeCloseTo(entropy / Math.log2(3), 12);
    expect(coarse!.perplexity).toBeCloseTo(2 ** entropy, 12);
    expect(coarse!.entropyCodedBitrateBps).toBeCloseTo(50 * entropy, 9);
    expect(statistics).toMatchObject({
      sampleCount: 3200,
      durationSeconds: 0.2,
      tokenCount: 10,
      nominalBitrateBps: 100,
    });
  });

  it('gives the same for one grid as for its pieces; runs go on across them', () => {
    const ids = fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(ids, fc.array(fc.nat({ max: 40 }), { maxLength: 4 }), (all, cuts) => {
        const edges = [0, ...cuts.map((cut) => Math.min(cut, all.length)).sort((a, b) => a - b), all.length];
        const pieces = edges.slice(1).map((end, i) => {
          const start = edges[i]!;
          return gridOf([track(...all.slice(start, end))], 320 * start, 320 * (end - start));
        });
        expect(statisticsOf(...pieces)).toEqual(statisticsOf(gridOf([track(...all)], 0, 320 * all.length)));
      }),
    );
  });

  it('takes durations as frames: rates fall, runs and frames stay', () => {
    const merged = gridOf([{ ids: Uint32Array.of(3, 1), durationsFrames: Uint32Array.of(7, 3) }]);
    const [coarse] = statisticsOf(merged).codebooks;
    expect(coarse).toMatchObject({
      tokenCount: 2,
      frameCount: 10,
      tokenRateHz: 10,
      frameRateHz: 50,
      entropyCodedBitrateBps: 10,
      runs: { count: 2, meanFrames: 5, longestFrames: 7, longestId: 3, longestStartFrame: 0 },
    });
  });

  it('names the first of the longest runs and where it starts', () => {
    const [coarse] = statisticsOf(gridOf([track(0, 1, 1, 2, 3, 3)])).codebooks;
    expect(coarse!.runs).toEqual({ count: 4, meanFrames: 1.5, longestFrames: 2, longestId: 1, longestStartFrame: 1 });
  });

  it('sums the codebooks that there are', () => {
    const both = statisticsOf(gridOf([track(0, 1, 2, 3), track(5, 5, 9, 1023)]));
    expect(both.codebooks.map(({ name }) => name)).toEqual(['coarse', 'fine']);
    expect(both.nominalBitrateBps).toBeCloseTo(100 + 1000, 9);
    expect(both.tokenRateHz).toBeCloseTo(40, 9);
    expect(both.entropyCodedBitrateBps).toBeCloseTo(20 * 2 + 20 * 1.5, 9);
  });

  it('has nothing to say about nothing', () => {
    expect(statisticsOf().codebooks).toEqual([]);
    const [coarse] = statisticsOf(gridOf([track()], 0, 0)).codebooks;
    expect(coarse).toMatchObject({ tokenCount: 0, entropyBits: 0, perplexity: 1, unusedCodeCount: 4 });
    expect(coarse!.runs).toBeUndefined();
    expect(coarse!.tokenRateHz).toBeUndefined();
  });

  it('counts huge vocabularies without a table of them', () => {
    const huge: TokenSpace = { ...space, codebooks: [{ name: 'words', size: 2 ** 32 }] };
    const meter = createTokenStatistics(huge);
    meter.push({ tokenSpace: huge, startSample: 0, sampleCount: 1, tracks: [track(2 ** 32 - 1, 7, 7)] });
    const [words] = meter.result().codebooks;
    expect(words!.codeCounts).toEqual([
      { id: 7, count: 2 },
      { id: 2 ** 32 - 1, count: 1 },
    ]);
    expect(words!.nominalBitrateBps).toBeUndefined();
    expect(meter.result().nominalBitrateBps).toBeUndefined();
  });

  it('refuses other spaces, ids out of range and codebooks that come or go', () => {
    const codeOf = (act: () => void): string | undefined => {
      try {
        act();
      } catch (error) {
        return isSpeechTokensError(error) ? error.code : 'untyped';
      }
      return undefined;
    };
    const meter = createTokenStatistics(space);
    meter.push(gridOf([track(1)]));
    const other = { ...gridOf([track(1)]), tokenSpace: { ...space, id: 'test:space#2' } };
    expect(codeOf(() => meter.push(other))).toBe('token-space-mismatch');
    expect(codeOf(() => meter.push(gridOf([track(4)])))).toBe('token-grid-invalid');
    expect(codeOf(() => meter.push(gridOf([track(1), track(1)])))).toBe('token-grid-invalid');
  });
});
