import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyGrid, snacSpace, spaceOf } from '../../test/support/arbitrary-grids.ts';
import { errorOf } from '../../test/support/failures.ts';
import { alignmentSamples, alignRangeOutward } from '../tokens/frame-clock.ts';
import { takeCodebooks } from '../tokens/take-codebooks.ts';
import type { TokenGrid } from '../tokens/token-grid.ts';
import type { TokenSpace } from '../tokens/token-space.ts';
import { tokenSpaceFromJson, tokenSpaceToJson } from '../tokens/token-space-json.ts';
import { validateTokenGrid } from '../tokens/validate-token-grid.ts';
import { flatten, unflatten } from './flatten.ts';
import { type FlattenLayoutOptions, timeOrderedLayout } from './flatten-layout.ts';
import { joinGrids } from './join-grids.ts';
import { mergeRepeats } from './merge-repeats.ts';
import { sliceGrid } from './slice-grid.ts';

const isNested = ({ codebooks }: TokenSpace): boolean => {
  const hops = codebooks.map((codebook) => codebook.hopSamples as number);
  return hops.every((hop) => Math.max(...hops) % hop === 0);
};
const anyNestedGrid = anyGrid.filter((grid) => isNested(grid.tokenSpace));
const offsets = fc.constantFrom<FlattenLayoutOptions['idOffsets']>('none', 'codebook', 'slot');
/** Grids, and the same grids merged. */
const anyTimedGrid = fc.tuple(anyGrid, fc.boolean()).map(([grid, merge]) => (merge ? mergeRepeats.apply(grid) : grid));

/** Where a grid may be cut, given numbers in [0, 1). */
function cutsOf(grid: TokenGrid, fractions: readonly number[]): number[] {
  const step = alignmentSamples(grid.tokenSpace) as number;
  const end = grid.startSample + grid.sampleCount;
  const inner = fractions.map((fraction) => Math.floor((grid.startSample + fraction * grid.sampleCount) / step) * step);
  return [grid.startSample, ...inner.sort((a, b) => a - b), end];
}
const fractionLists = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 4 });
const slicesOf = (grid: TokenGrid, cuts: readonly number[]): TokenGrid[] =>
  cuts.slice(1).map((cut, index) => sliceGrid(grid, cuts[index] as number, cut));

const ids = (...values: number[]) => Uint32Array.from(values);
const gridOf = (tokenSpace: TokenSpace, sampleCount: number, ...tracks: number[][]): TokenGrid => ({
  tokenSpace,
  startSample: 0,
  sampleCount,
  tracks: tracks.map((track) => ({ ids: ids(...track) })),
});

describe('mergeRepeats', () => {
  test('keeps run lengths', () => {
    const merged = mergeRepeats.apply(gridOf(spaceOf([4, 4]), 24, [7, 7, 7, 0, 0, 7], [1, 2, 3, 4, 5, 6]));
    expect(merged.tracks).toEqual([
      { ids: ids(7, 0, 7), durationsFrames: ids(3, 2, 1) },
      { ids: ids(1, 2, 3, 4, 5, 6), durationsFrames: ids(1, 1, 1, 1, 1, 1) },
    ]);
    expect(merged.tokenSpace).toMatchObject({ id: 'test:4-4+merge-repeats', durations: 'runs' });
  });

  test('is valid, and inverted exactly, for any grid', () => {
    fc.assert(
      fc.property(anyGrid, (grid) => {
        const before = structuredClone(grid);
        const merged = mergeRepeats.apply(grid);
        validateTokenGrid(merged, { tokenSpace: mergeRepeats.outputSpace(grid.tokenSpace) });
        expect(mergeRepeats.invert(merged)).toEqual(before);
        expect(grid).toEqual(before);
      }),
    );
  });

  test('needs nothing but the grid to be undone, also after JSON', () => {
    const grid = gridOf(snacSpace, 1, [1], [2], [3]);
    const merged = mergeRepeats.apply(grid);
    const tokenSpace = tokenSpaceFromJson(JSON.parse(JSON.stringify(tokenSpaceToJson(merged.tokenSpace))));
    expect(mergeRepeats.invert({ ...merged, tokenSpace })).toEqual(grid);
  });

  test('refuses what it cannot take or undo', () => {
    const merged = mergeRepeats.apply(gridOf(spaceOf([4]), 4, [1]));
    expect(errorOf(() => mergeRepeats.apply(merged)).message).toMatch(/with durations \(runs\)/);
    expect(errorOf(() => mergeRepeats.apply(gridOf(spaceOf([undefined]), 4, [1]))).message).toMatch(/without a clock/);
    expect(errorOf(() => mergeRepeats.invert(gridOf(spaceOf([4]), 4, [1])))).toMatchObject({
      code: 'token-space-mismatch',
    });
    const forged = { ...merged, tokenSpace: { ...merged.tokenSpace, id: 'other' } };
    expect(errorOf(() => mergeRepeats.invert(forged))).toMatchObject({ code: 'token-space-mismatch' });
    const long = {
      ...merged,
      sampleCount: 2 ** 31,
      tracks: [{ ids: ids(1), durationsFrames: ids(2 ** 29) }],
    };
    expect(errorOf(() => mergeRepeats.invert(long)).message).toMatch(
      /found 536870912 frames, wanted at most 268435456/,
    );
  });
});

describe('sliceGrid and joinGrids', () => {
  test('a slice holds the frames of its samples, at every rate', () => {
    const grid = gridOf(snacSpace, 5000, [0, 1, 2], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const slice = sliceGrid(grid, 2048, 4096);
    expect(slice).toEqual({ ...gridOf(snacSpace, 2048, [1], [2, 3], [4, 5, 6, 7]), startSample: 2048 });
    const last = sliceGrid(grid, 4096, 5000);
    expect(last).toEqual({ ...gridOf(snacSpace, 904, [2], [4], [8, 9]), startSample: 4096 });
  });

  test('a run that spans a cut is split', () => {
    const merged = mergeRepeats.apply(gridOf(spaceOf([4]), 24, [7, 7, 7, 0, 0, 0]));
    expect(sliceGrid(merged, 4, 20).tracks).toEqual([{ ids: ids(7, 0), durationsFrames: ids(2, 2) }]);
    expect(sliceGrid(merged, 4, 8).tracks).toEqual([{ ids: ids(7), durationsFrames: ids(1) }]);
    expect(sliceGrid(merged, 12, 12).tracks).toEqual([{ ids: ids(), durationsFrames: ids() }]);
  });

  test('slices, joined, equal the grid they were cut from', () => {
    fc.assert(
      fc.property(anyTimedGrid, fractionLists, (grid, fractions) => {
        const before = structuredClone(grid);
        const slices = slicesOf(grid, cutsOf(grid, fractions));
        for (const slice of slices) validateTokenGrid(slice);
        expect(joinGrids(slices)).toEqual(before);
        expect(grid).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });

  test('a slice of a slice is the slice', () => {
    fc.assert(
      fc.property(anyTimedGrid, fc.tuple(fractionLists, fractionLists), (grid, [outer, inner]) => {
        const [from, to] = cutsOf(grid, outer).slice(-2) as [number, number];
        const slice = sliceGrid(grid, from, to);
        const [innerFrom, innerTo] = cutsOf(slice, inner).slice(-2) as [number, number];
        expect(sliceGrid(slice, innerFrom, innerTo)).toEqual(sliceGrid(grid, innerFrom, innerTo));
      }),
    );
  });

  test('any range rounded outward can be cut out', () => {
    fc.assert(
      fc.property(anyTimedGrid, fc.integer({ min: -5, max: 200 }), fc.integer({ min: -5, max: 200 }), (grid, a, b) => {
        const range = alignRangeOutward(grid, { startSample: Math.min(a, b), endSample: Math.max(a, b) });
        const slice = sliceGrid(grid, range.startSample, range.endSample);
        validateTokenGrid(slice);
        const end = grid.startSample + grid.sampleCount;
        const clamp = (sample: number): number => Math.min(end, Math.max(grid.startSample, sample));
        expect(slice.startSample).toBeLessThanOrEqual(clamp(Math.min(a, b)));
        expect(slice.startSample + slice.sampleCount).toBeGreaterThanOrEqual(clamp(Math.max(a, b)));
      }),
    );
  });

  test('nothing is shared', () => {
    const grid = gridOf(spaceOf([4]), 8, [1, 2]);
    const slice = sliceGrid(grid, 0, 8);
    expect(slice.tracks[0]?.ids.buffer).not.toBe(grid.tracks[0]?.ids.buffer);
    expect(joinGrids([grid]).tracks[0]?.ids.buffer).not.toBe(grid.tracks[0]?.ids.buffer);
  });

  test('a row of a side track that a cut goes through is in both slices', () => {
    const scale = { name: 'scale', hopSamples: 12, valuesPerFrame: 2, values: Float32Array.of(1, 2, 3, 4, 5, 6) };
    const grid = { ...gridOf(spaceOf([4]), 32, [0, 1, 2, 3, 4, 5, 6, 7]), sideTracks: [scale] };
    const [a, b] = slicesOf(grid, [0, 16, 32]) as [TokenGrid, TokenGrid];
    expect(a.sideTracks?.[0]?.values).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(b.sideTracks?.[0]?.values).toEqual(Float32Array.of(3, 4, 5, 6));
    const changed = { ...b, sideTracks: [{ ...scale, values: Float32Array.of(3, 9, 5, 6) }] };
    expect(errorOf(() => joinGrids([a, changed])).message).toMatch(/found \[3, 9\], wanted \[3, 4\]/);
    const { sideTracks: _, ...bare } = b;
    expect(errorOf(() => joinGrids([a, bare])).message).toMatch(/found none, wanted scale \(hop 12, 2 values\)/);
  });

  test('empty grids do no harm, also a last one that is not on a frame', () => {
    const grid = gridOf(spaceOf([4]), 7, [1, 2]);
    const empty = (startSample: number) => ({ ...gridOf(spaceOf([4]), 0, []), startSample });
    expect(joinGrids([empty(0), grid, empty(7), empty(7)])).toEqual(grid);
    expect(joinGrids([empty(8)])).toEqual(empty(8));
  });

  test('spans are joined as they are, and never cut', () => {
    const tokenSpace: TokenSpace = { ...spaceOf([4]), durations: 'spans' };
    const grid = { ...gridOf(tokenSpace, 20, []), tracks: [{ ids: ids(5, 5), durationsFrames: ids(2, 3) }] };
    const slices = slicesOf(grid, [0, 8, 20]);
    expect(joinGrids(slices)).toEqual(grid);
    expect(errorOf(() => sliceGrid(grid, 0, 4)).message).toMatch(/cuts through a token of codebook codebook-0/);
    expect(errorOf(() => sliceGrid(grid, 4, 20)).message).toMatch(/cuts through a token/);
    expect(errorOf(() => sliceGrid(grid, 12, 16)).message).toMatch(/cuts through a token/);
  });

  test('spans take their runs with them', () => {
    const tokenSpace: TokenSpace = { ...spaceOf([4]), durations: 'spans-of-runs' };
    const track = { ids: ids(5, 6, 5), durationsFrames: ids(3, 2, 4), runDurationsFrames: ids(1, 2, 2, 3, 1) };
    const grid: TokenGrid = { ...gridOf(tokenSpace, 36), tracks: [track] };
    const slices = slicesOf(grid, [0, 12, 20, 20, 36]);
    expect(slices.map((slice) => slice.tracks[0])).toEqual([
      { ids: ids(5), durationsFrames: ids(3), runDurationsFrames: ids(1, 2) },
      { ids: ids(6), durationsFrames: ids(2), runDurationsFrames: ids(2) },
      { ids: ids(), durationsFrames: ids(), runDurationsFrames: ids() },
      { ids: ids(5), durationsFrames: ids(4), runDurationsFrames: ids(3, 1) },
    ]);
    expect(joinGrids(slices)).toEqual(grid);
    // Between two runs of one id.
    expect(errorOf(() => sliceGrid(grid, 0, 4)).message).toMatch(/cuts through a token of codebook codebook-0/);
  });

  test.each<[string, number, number, RegExp]>([
    ['a cut within a frame', 0, 6, /found sample 6, wanted a multiple of 4, or the end \(10\)/],
    ['a start within a frame', 2, 8, /sample 2/],
    ['a start before the grid', -4, 8, /not within the tokens/],
    ['an end after the grid', 0, 12, /not within the tokens/],
    ['an end before the start', 8, 4, /not within the tokens/],
    ['no number', Number.NaN, 4, /not within the tokens/],
    ['a fraction', 0.5, 4, /not within the tokens/],
  ])('refuses %s', (_name, start, end, message) => {
    const error = errorOf(() => sliceGrid(gridOf(spaceOf([4]), 10, [1, 2, 3]), start, end));
    expect(error).toMatchObject({ code: 'argument-invalid', details: { argument: 'range' } });
    expect(error.message).toMatch(message);
  });

  test('refuses to cut tokens without a clock', () => {
    const grid = gridOf(spaceOf([undefined]), 10, [1, 2, 3]);
    expect(sliceGrid(grid, 0, 10)).toEqual(grid);
    expect(errorOf(() => sliceGrid(grid, 0, 4)).message).toMatch(/without a clock/);
  });

  test('refuses to join what does not belong together', () => {
    const grid = gridOf(spaceOf([4, 4]), 8, [1, 2], [3, 4]);
    const next = { ...grid, startSample: 8 };
    expect(joinGrids([grid, next]).sampleCount).toBe(16);
    expect(errorOf(() => joinGrids([]))).toMatchObject({ code: 'argument-invalid' });
    expect(errorOf(() => joinGrids([grid, { ...grid, startSample: 12 }]))).toMatchObject({
      code: 'stream-order',
      details: { foundStartSample: 12, wantedStartSample: 8 },
    });
    expect(errorOf(() => joinGrids([grid, grid]))).toMatchObject({ code: 'stream-order' });
    expect(errorOf(() => joinGrids([grid, takeCodebooks(next, 1)])).message).toMatch(/found 1, wanted 2/);
    const other = { ...next, tokenSpace: { ...next.tokenSpace, id: 'other' } };
    expect(errorOf(() => joinGrids([grid, other]))).toMatchObject({ code: 'token-space-mismatch' });
    const odd = { ...gridOf(spaceOf([4, 4]), 7, [1, 2], [3, 4]) };
    expect(errorOf(() => joinGrids([odd, { ...next, startSample: 7 }]))).toMatchObject({ code: 'token-grid-invalid' });
  });

  test('refuses a run too long for 32 bits', () => {
    const tokenSpace: TokenSpace = { ...spaceOf([1]), durations: 'runs' };
    const run = (startSample: number, frames: number): TokenGrid => ({
      ...gridOf(tokenSpace, frames),
      startSample,
      tracks: [{ ids: ids(3), durationsFrames: ids(frames) }],
    });
    expect(errorOf(() => joinGrids([run(0, 2 ** 31), run(2 ** 31, 2 ** 31)])).message).toMatch(
      /too long: found 4294967296/,
    );
    expect(joinGrids([run(0, 2 ** 31), run(2 ** 31, 2 ** 31 - 1)]).tracks[0]?.durationsFrames).toEqual(
      ids(2 ** 32 - 1),
    );
  });
});

describe('flatten', () => {
  test("time order is Orpheus' frame for SNAC, with an offset of slot · 4096", () => {
    const layout = timeOrderedLayout(snacSpace, { idOffsets: 'slot' });
    expect(layout.slots.map((slot) => `L${slot.codebook}${'abcd'[slot.frame]}`)).toEqual([
      'L0a',
      'L1a',
      'L2a',
      'L2b',
      'L1b',
      'L2c',
      'L2d',
    ]);
    expect(layout.slots.map((slot) => slot.idOffset)).toEqual([0, 1, 2, 3, 4, 5, 6].map((slot) => slot * 4096));
    const flat = flatten(layout).apply(gridOf(snacSpace, 4096, [0, 9], [1, 4, 9, 9], [2, 3, 5, 6, 9, 9, 9, 9]));
    expect([...(flat.tracks[0]?.ids.subarray(0, 7) ?? [])]).toEqual([0, 4097, 8194, 12291, 16388, 20485, 24582]);
    expect(flat.tokenSpace.codebooks).toEqual([{ name: 'flat', size: 7 * 4096 }]);
  });

  test('one rate is interleaved by time; offsets by codebook follow the sizes', () => {
    const space = spaceOf([4, 4, 4], [10, 20, 30]);
    const layout = timeOrderedLayout(space, { idOffsets: 'codebook' });
    expect(layout.slots.map((slot) => slot.idOffset)).toEqual([0, 10, 30]);
    const flat = flatten(layout).apply(gridOf(space, 8, [1, 2], [3, 4], [5, 6]));
    expect(flat.tracks).toEqual([{ ids: ids(1, 13, 35, 2, 14, 36) }]);
    expect(flat.tokenSpace.codebooks[0]?.size).toBe(60);
    expect(flat.tokenSpace.id).toBe('test:4-4-4+flatten(0.0+0 1.0+10 2.0+30)');
  });

  test('a last frame that is not whole has just the ids that it has', () => {
    const layout = timeOrderedLayout(snacSpace, { idOffsets: 'none' });
    const exact = gridOf(snacSpace, 2049, [0, 1], [2, 3, 4], [5, 6, 7, 8, 9]);
    const flat = flatten(layout).apply(exact);
    expect(flat.tracks).toEqual([{ ids: ids(0, 2, 5, 6, 3, 7, 8, 1, 4, 9) }]);
    expect(unflatten(flat)).toEqual(exact);
  });

  test('is inverted exactly for any grid, codebook count and offsets', () => {
    fc.assert(
      fc.property(anyNestedGrid, offsets, (grid, idOffsets) => {
        const before = structuredClone(grid);
        const layout = timeOrderedLayout(grid.tokenSpace, { codebookCount: grid.tracks.length, idOffsets });
        const flat = flatten(layout).apply(grid);
        validateTokenGrid(flat, { tokenSpace: flatten(layout).outputSpace(grid.tokenSpace) });
        expect(flatten(layout).invert(flat)).toEqual(before);
        const tokenSpace = tokenSpaceFromJson(JSON.parse(JSON.stringify(tokenSpaceToJson(flat.tokenSpace))));
        expect(unflatten({ ...flat, tokenSpace })).toEqual(before);
        expect(grid).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });

  test('pieces, flattened and joined, equal the whole flattened', () => {
    fc.assert(
      fc.property(anyNestedGrid, fractionLists, (grid, fractions) => {
        const { tokenSpace, tracks } = grid;
        const transform = flatten(timeOrderedLayout(tokenSpace, { codebookCount: tracks.length, idOffsets: 'slot' }));
        const slices = slicesOf(grid, cutsOf(grid, fractions));
        expect(joinGrids(slices.map(transform.apply))).toEqual(transform.apply(grid));
      }),
    );
  });

  test('a single codebook keeps its clock, so that its repeats can be merged', () => {
    const space: TokenSpace = { ...spaceOf([8, 4]), blockSamples: 16 };
    const first = takeCodebooks(gridOf(space, 30, [7, 7, 7, 1], [0, 0, 0, 0, 0, 0, 0, 0]), 1);
    const flat = flatten(timeOrderedLayout(space, { codebookCount: 1, idOffsets: 'none' })).apply(first);
    expect(flat.tokenSpace).toMatchObject({
      codebooks: [{ name: 'flat', size: 16, hopSamples: 8 }],
      blockSamples: 16,
    });
    const merged = mergeRepeats.apply(flat);
    expect(merged.tracks).toEqual([{ ids: ids(7, 1), durationsFrames: ids(3, 1) }]);
    expect(unflatten(mergeRepeats.invert(merged))).toEqual(first);
    const inSegments: TokenSpace = { ...spaceOf([4]), segments: { lengthSamples: 12, strideSamples: 8 } };
    const segments = gridOf(inSegments, 16, [1, 2, 3, 4, 5, 6]);
    const flatSegments = flatten(timeOrderedLayout(inSegments, { idOffsets: 'none' })).apply(segments);
    expect(flatSegments.tokenSpace.segments).toEqual(inSegments.segments);
    expect(unflatten(flatSegments)).toEqual(segments);
  });

  test('different layouts give different spaces', () => {
    const layouts = (['none', 'codebook', 'slot'] as const).flatMap((idOffsets) =>
      [1, 2, 3].map((codebookCount) => timeOrderedLayout(snacSpace, { idOffsets, codebookCount })),
    );
    const spaceIds = layouts.map((layout) => flatten(layout).outputSpace(snacSpace).id);
    // Offsets of a single codebook with one slot a frame are 0 in every way.
    expect(new Set(spaceIds).size).toBe(7);
  });

  const slot = (codebook: number, frame: number, idOffset = 0) => ({ codebook, frame, idOffset });
  test.each<[string, ReturnType<typeof slot>[], RegExp]>([
    ['no slots', [], /leaves frames out/],
    ['a missing slot', [slot(0, 0), slot(1, 0)], /found 2 slots, wanted 3/],
    ['a missing codebook', [slot(1, 0), slot(1, 1)], /leaves frames out/],
    ['a slot twice', [slot(0, 0), slot(0, 0)], /there twice/],
    ['a codebook that is not there', [slot(7, 0)], /not in the token space/],
    ['a frame that is not there', [slot(0, 1)], /not in the token space/],
    ['a negative frame', [slot(0, -1)], /not in the token space/],
    ['a fractional frame', [slot(1, 0.5)], /not in the token space/],
    ['a negative offset', [slot(0, 0, -1)], /do not fit 32 bits/],
    ['an offset above 32 bits', [slot(0, 0, 2 ** 32 - 4095)], /do not fit 32 bits/],
  ])('refuses a layout with %s', (_name, slots, message) => {
    const error = errorOf(() => flatten({ slots }).outputSpace(snacSpace));
    expect(error).toMatchObject({ code: 'argument-invalid', details: { argument: 'layout' } });
    expect(error.message).toMatch(message);
  });

  test('refuses grids and streams that it cannot take', () => {
    const layout = timeOrderedLayout(snacSpace, { idOffsets: 'slot' });
    const grid = gridOf(snacSpace, 2048, [0], [1, 2], [3, 4, 5, 6]);
    const flat = flatten(layout).apply(grid);
    const withIds = (...values: number[]) => ({ ...flat, tracks: [{ ids: ids(...values) }] });
    expect(errorOf(() => flatten(layout).apply(takeCodebooks(grid, 2))).message).toMatch(/2 in the grid, wanted 3/);
    expect(errorOf(() => flatten(layout).apply(mergeRepeats.apply(grid))).message).toMatch(/each last one frame/);
    expect(errorOf(() => timeOrderedLayout(spaceOf([6, 4]), { idOffsets: 'none' })).message).toMatch(/no common frame/);
    expect(errorOf(() => timeOrderedLayout(spaceOf([undefined]), { idOffsets: 'none' })).message).toMatch(/a clock/);
    expect(errorOf(() => timeOrderedLayout(snacSpace, { idOffsets: 'none', codebookCount: 4 })).message).toMatch(
      /1 to 3/,
    );
    expect(errorOf(() => unflatten(grid))).toMatchObject({ code: 'token-space-mismatch' });
    expect(errorOf(() => unflatten(withIds(0, 4097)))).toMatchObject({ code: 'token-grid-invalid' });
    expect(errorOf(() => unflatten(withIds(0, 1, 8194, 12291, 16388, 20485, 24582))).message).toMatch(
      /at 1 is not of its slot \(codebook-1\): found 1, wanted 4096 to 8191/,
    );
    expect(errorOf(() => unflatten(withIds(4096, 4097, 8194, 12291, 16388, 20485, 24582))).message).toMatch(
      /at 0 is not of its slot \(codebook-0\): found 4096, wanted 0 to 4095/,
    );
    const damaged = { ...flat.tokenSpace, derivedFrom: { transform: 'flatten', settings: {}, tokenSpace: snacSpace } };
    expect(errorOf(() => unflatten({ ...flat, tokenSpace: damaged })).message).toMatch(/hold no layout/);
  });
});
