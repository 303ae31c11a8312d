import type { TokenGrid, TokenSpace } from '@speech-tokens/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lanesOf, tokenAt, tokenStart, tokensIn, usesOf } from '../src/index.ts';
import { cursorInLane, describeToken, steppedCursor } from '../src/view/view-state.ts';

const space = (more: Partial<TokenSpace> = {}): TokenSpace => ({
  id: 'test#0',
  sampleRateHz: 16_000,
  codebooks: [
    { name: 'coarse', size: 64, hopSamples: 640 },
    { name: 'fine', size: 64, hopSamples: 320 },
  ],
  prefixDecodable: true,
  ...more,
});

const gridOf = (ids: readonly (readonly number[])[], more: Partial<TokenGrid> = {}): TokenGrid => ({
  tokenSpace: space(),
  startSample: 0,
  sampleCount: 640 * ids[0]!.length,
  tracks: ids.map((track) => ({ ids: Uint32Array.from(track) })),
  ...more,
});

describe('lanes', () => {
  test('lie on the clock of the picture, whatever the rate and the start of their tokens', () => {
    const [coarse, fine] = lanesOf(
      gridOf(
        [
          [1, 2],
          [1, 2, 3, 4],
        ],
        { startSample: 1_280 },
      ),
      48_000,
    );
    expect([0, 1, 2].map((i) => tokenStart(coarse!, i))).toEqual([3_840, 5_760, 7_680]);
    expect([0, 3, 4].map((i) => tokenStart(fine!, i))).toEqual([3_840, 6_720, 7_680]);
    expect(tokenAt(fine!, 3_839)).toBeUndefined();
    expect(tokenAt(fine!, 7_679)).toBe(3);
    expect(tokenAt(fine!, 7_680)).toBeUndefined();
  });

  test('codebooks without a clock have none', () => {
    const tokenSpace = space({ codebooks: [{ name: 'flat', size: 9 }] });
    expect(lanesOf(gridOf([[1, 2]], { tokenSpace }), 16_000)).toEqual([]);
  });

  test('runs last as long as they say', () => {
    const tokenSpace = space({ codebooks: [{ name: 'units', size: 9, hopSamples: 320 }], durations: 'runs' });
    const tracks = [{ ids: Uint32Array.of(5, 7, 5), durationsFrames: Uint32Array.of(3, 1, 2) }];
    const [lane] = lanesOf(gridOf([[]], { tokenSpace, tracks, sampleCount: 1_920 }), 16_000);
    expect([...lane!.boundaries!]).toEqual([0, 960, 1_280, 1_920]);
    expect([0, 959, 960, 1_280, 1_919].map((sample) => tokenAt(lane!, sample))).toEqual([0, 0, 1, 2, 2]);
    expect(usesOf(lane!, 5)).toEqual([0, 2]);
  });

  test('frames of a segment end where the next one starts', () => {
    const segments = { lengthSamples: 1_000, strideSamples: 900 };
    const tokenSpace = space({ codebooks: [{ name: 'codes', size: 9, hopSamples: 320 }], segments });
    // Segments of 1000, 1000 and 200 samples: 4, 4 and 1 frames.
    const ids = Array.from({ length: 9 }, (_, i) => i);
    const [lane] = lanesOf(gridOf([ids], { tokenSpace, sampleCount: 2_000 }), 16_000);
    expect([...lane!.boundaries!]).toEqual([0, 320, 640, 900, 900, 1_220, 1_540, 1_800, 1_800, 2_000]);
    expect(tokenAt(lane!, 899)).toBe(2);
    expect(tokenAt(lane!, 900)).toBe(4);
  });

  test('the token at a sample is the one that starts before it and ends after it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 40 }),
        fc.boolean(),
        fc.double({ min: 0.1, max: 3, noNaN: true }),
        fc.double({ min: -0.1, max: 1.1, noNaN: true }),
        fc.double({ min: 0, max: 0.7, noNaN: true }),
        (durations, hasDurations, rate, place, length) => {
          const frames = hasDurations ? durations.reduce((sum, frame) => sum + frame, 0) : durations.length;
          const tokenSpace = space({ codebooks: [{ name: 'units', size: 64, hopSamples: 321 }] });
          const track = { ids: Uint32Array.from(durations), durationsFrames: Uint32Array.from(durations) };
          const tracks = [hasDurations ? track : { ids: track.ids }];
          const [lane] = lanesOf(gridOf([[]], { tokenSpace, tracks, sampleCount: 321 * frames }), 16_000 * rate);
          const total = tokenStart(lane!, durations.length);
          const sample = place * total;
          const index = tokenAt(lane!, sample);
          if (sample < 0 || sample >= total) expect(index).toBeUndefined();
          else {
            expect(tokenStart(lane!, index!)).toBeLessThanOrEqual(sample);
            expect(tokenStart(lane!, index! + 1)).toBeGreaterThan(sample);
          }
          const [first, end] = tokensIn(lane!, sample, sample + length * total);
          const wanted = [...durations.keys()].filter((i) => {
            const [from, to] = [tokenStart(lane!, i), tokenStart(lane!, i + 1)];
            return from < sample + length * total && to > sample;
          });
          // A range without length lies in a token all the same.
          if (length * total > 0) {
            expect(end - first).toBe(wanted.length);
            if (wanted.length > 0) expect(first).toBe(wanted[0]);
          }
        },
      ),
    );
  });
});

describe('the cursor', () => {
  const groups = [
    {
      title: 'one',
      lanes: lanesOf(
        gridOf([
          [1, 2, 3],
          [1, 2, 3, 4, 5, 6],
        ]),
        16_000,
      ),
    },
    { title: 'empty', lanes: lanesOf(gridOf([[]]), 16_000) },
  ];

  test('starts at the first token, and stays within its lane', () => {
    expect(steppedCursor(groups, undefined, 1)).toEqual({ group: 0, lane: 0, index: 0 });
    expect(steppedCursor(groups, { group: 0, lane: 0, index: 2 }, 1)).toEqual({ group: 0, lane: 0, index: 2 });
    expect(steppedCursor(groups, { group: 0, lane: 1, index: 3 }, Number.NEGATIVE_INFINITY)?.index).toBe(0);
    expect(steppedCursor(groups, { group: 0, lane: 1, index: 3 }, Number.POSITIVE_INFINITY)?.index).toBe(5);
    expect(steppedCursor([], undefined, 1)).toBeUndefined();
  });

  test('keeps its time in another lane', () => {
    expect(cursorInLane(groups, { group: 0, lane: 0, index: 2 }, 1)).toEqual({ group: 0, lane: 1, index: 5 });
    expect(cursorInLane(groups, { group: 0, lane: 1, index: 5 }, -1)).toEqual({ group: 0, lane: 0, index: 2 });
    const stays = { group: 0, lane: 1, index: 5 };
    expect(cursorInLane(groups, stays, 1)).toBe(stays);
  });

  test('says what a token is', () => {
    const repeated = [{ title: 'one', lanes: lanesOf(gridOf([[7, 7, 3]]), 16_000) }];
    expect(describeToken(repeated, { group: 0, lane: 0, index: 1 }, 16_000)).toBe(
      'one, coarse: id 7 of 64, token 1, 40 to 80 ms, samples 640 to 1280, used 2 times (66.7 %)',
    );
  });
});
