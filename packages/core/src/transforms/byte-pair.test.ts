import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyGrid, snacSpace, spaceOf } from '../../test/support/arbitrary-grids.ts';
import { errorOf } from '../../test/support/failures.ts';
import { createBytePairCoder } from '../byte-pairs/byte-pair-coder.ts';
import type { BytePairMerges } from '../byte-pairs/byte-pair-merges.ts';
import { alignmentSamples } from '../tokens/frame-clock.ts';
import { takeCodebooks } from '../tokens/take-codebooks.ts';
import type { TokenGrid } from '../tokens/token-grid.ts';
import type { Codebook, TokenSpace } from '../tokens/token-space.ts';
import { tokenSpaceFromJson, tokenSpaceToJson } from '../tokens/token-space-json.ts';
import { validateTokenGrid } from '../tokens/validate-token-grid.ts';
import { bytePair } from './byte-pair.ts';
import { applyTransforms, originalSpace, undoTransforms } from './derived-spaces.ts';
import { flatten } from './flatten.ts';
import { timeOrderedLayout } from './flatten-layout.ts';
import { joinGrids } from './join-grids.ts';
import { mergeRepeats } from './merge-repeats.ts';
import { sliceGrid } from './slice-grid.ts';

const ids = (...values: number[]) => Uint32Array.from(values);
const mergesOf = (unitCount: number, ...pairs: number[]): BytePairMerges => ({ unitCount, pairs: ids(...pairs) });
const gridOf = (tokenSpace: TokenSpace, sampleCount: number, ...tracks: number[][]): TokenGrid => ({
  tokenSpace,
  startSample: 0,
  sampleCount,
  tracks: tracks.map((track) => ({ ids: ids(...track) })),
});
const space = spaceOf([4]);
const coder = createBytePairCoder(mergesOf(16, 1, 2, 16, 3));
const transform = bytePair(coder);

/** Merges of ids that a grid has, and of their tokens. */
function mergesFor({ tokenSpace, tracks }: TokenGrid, draws: readonly (readonly [number, number])[]): BytePairMerges {
  const unitCount = (tokenSpace.codebooks[0] as Codebook).size;
  const known = [...new Set(tracks[0]?.ids)];
  const rows: string[] = [];
  for (const [left, right] of draws) {
    const row = `${known[left % known.length]} ${known[right % known.length]}`;
    if (known.length === 0 || rows.includes(row)) continue;
    rows.push(row);
    known.push(unitCount + rows.length - 1);
  }
  return mergesOf(unitCount, ...rows.flatMap((row) => row.split(' ').map(Number)));
}

/** A grid of one stream of ids, by every way that leads there. */
const anyStream = fc
  .tuple(anyGrid, fc.constantFrom('first', 'merged', 'flat'))
  .filter(([{ tokenSpace }]) => tokenSpace.id !== 'test:6-4')
  .map(([grid, way]) => {
    const wanted = way === 'flat' ? grid : takeCodebooks(grid, 1);
    const layout = { codebookCount: wanted.tracks.length, idOffsets: 'codebook' as const };
    const isStream = grid.tokenSpace.codebooks.length === 1 && way !== 'flat';
    const stream = isStream ? grid : flatten(timeOrderedLayout(grid.tokenSpace, layout)).apply(wanted);
    // A first codebook that is finer than others gives a stream without a clock.
    const canMerge = way === 'merged' && stream.tokenSpace.codebooks[0]?.hopSamples !== undefined;
    return { original: wanted, stream: canMerge ? mergeRepeats.apply(stream) : stream };
  });
const draws = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 12 });

describe('bytePair', () => {
  test('tokens know how many frames they span', () => {
    const written = transform.apply(gridOf(space, 28, [1, 2, 3, 0, 1, 2, 1]));
    expect(written.tracks).toEqual([{ ids: ids(17, 0, 16, 1), durationsFrames: ids(3, 1, 2, 1) }]);
    expect(written.tokenSpace).toEqual({
      id: `test:4+byte-pair(${coder.sha256.slice(0, 16)})`,
      sampleRateHz: 16_000,
      codebooks: [{ name: 'byte-pair', size: 18, hopSamples: 4 }],
      prefixDecodable: true,
      durations: 'spans',
      derivedFrom: { transform: 'byte-pair', settings: { mergesSha256: coder.sha256 }, tokenSpace: space },
    });
  });

  test('of merged repeats, they keep the length of each run', () => {
    const merged = mergeRepeats.apply(gridOf(space, 40, [1, 1, 1, 2, 3, 3, 0, 0, 1, 2]));
    const written = transform.apply(merged);
    expect(written.tracks).toEqual([
      { ids: ids(17, 0, 16), durationsFrames: ids(6, 2, 2), runDurationsFrames: ids(3, 1, 2, 2, 1, 1) },
    ]);
    expect(written.tokenSpace).toMatchObject({
      durations: 'spans-of-runs',
      derivedFrom: { tokenSpace: merged.tokenSpace },
    });
    expect(transform.invert(written)).toEqual(merged);
  });

  test('of a flat stream, they have no clock', () => {
    const pair = spaceOf([4, 4], 8);
    const flat = flatten(timeOrderedLayout(pair, { idOffsets: 'codebook' })).apply(gridOf(pair, 8, [1, 1], [2, 2]));
    const written = bytePair(createBytePairCoder(mergesOf(16, 1, 10))).apply(flat);
    expect(written.tracks).toEqual([{ ids: ids(16, 16) }]);
    expect(written.tokenSpace.codebooks).toEqual([{ name: 'byte-pair', size: 17 }]);
    expect(written.tokenSpace.durations).toBeUndefined();
  });

  test('is valid, and undone exactly, for any grid, merges and transforms before it', () => {
    fc.assert(
      fc.property(anyStream, draws, ({ original, stream }, rows) => {
        const before = structuredClone([original, stream]);
        const any = createBytePairCoder(mergesFor(stream, rows));
        const written = bytePair(any).apply(stream);
        validateTokenGrid(written, { tokenSpace: bytePair(any).outputSpace(stream.tokenSpace) });
        expect(bytePair(any).invert(written)).toEqual(before[1]);
        const tokenSpace = tokenSpaceFromJson(JSON.parse(JSON.stringify(tokenSpaceToJson(written.tokenSpace))));
        expect(undoTransforms({ ...written, tokenSpace }, { bytePairs: [any] })).toEqual(before[0]);
        expect(originalSpace(tokenSpace)).toEqual(original.tokenSpace);
        expect(applyTransforms(original, tokenSpace, { bytePairs: [any] })).toEqual(written);
        expect([original, stream]).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });

  test('pieces, written one by one and joined, are undone to the whole', () => {
    fc.assert(
      fc.property(anyStream, draws, fc.double({ min: 0, max: 1, noNaN: true }), ({ stream }, rows, fraction) => {
        if (stream.tokenSpace.codebooks[0]?.hopSamples === undefined) return;
        const step = alignmentSamples(stream.tokenSpace) as number;
        const { startSample, sampleCount } = stream;
        const cut = Math.floor((startSample + fraction * sampleCount) / step) * step;
        const pieces = [sliceGrid(stream, startSample, cut), sliceGrid(stream, cut, startSample + sampleCount)];
        const any = bytePair(createBytePairCoder(mergesFor(stream, rows)));
        const joined = joinGrids(pieces.map(any.apply));
        expect(any.invert(joined)).toEqual(stream);
      }),
      { numRuns: 300 },
    );
  });

  test('is sliced between tokens, and nowhere else', () => {
    const written = transform.apply(mergeRepeats.apply(gridOf(space, 28, [1, 1, 2, 0, 0, 1, 2])));
    expect(transform.invert(sliceGrid(written, 12, 28)).tracks).toEqual([
      { ids: ids(0, 1, 2), durationsFrames: ids(2, 1, 1) },
    ]);
    expect(errorOf(() => sliceGrid(written, 8, 28)).message).toMatch(/cuts through a token of codebook byte-pair/);
  });

  test('other merges give another space', () => {
    const spaceIds = [mergesOf(16), mergesOf(16, 1, 2), mergesOf(16, 2, 1), mergesOf(16, 1, 2, 16, 3)].map(
      (merges) => bytePair(createBytePairCoder(merges)).outputSpace(space).id,
    );
    expect(new Set(spaceIds).size).toBe(4);
    expect(transform.outputSpace(mergeRepeats.outputSpace(space)).id).toMatch(/^test:4\+merge-repeats\+byte-pair\(/);
  });

  test('says what it cannot take', () => {
    const written = transform.apply(gridOf(space, 8, [1, 2]));
    expect(errorOf(() => transform.outputSpace(snacSpace)).message).toMatch(
      /one stream of ids: found 3 codebooks \(test:snac\), wanted 1 codebook\. Flatten the grid first/,
    );
    expect(errorOf(() => transform.apply(written)).message).toMatch(/made of units: found ids that stand for several/);
    expect(errorOf(() => transform.outputSpace(spaceOf([4], 17))).message).toMatch(
      /found a codebook of 17 ids .*wanted 16/,
    );
    // What was paired has no repeats and no frames of its own.
    expect(errorOf(() => mergeRepeats.apply(written)).message).toMatch(/with durations \(spans\)/);
    expect(errorOf(() => timeOrderedLayout(written.tokenSpace, { idOffsets: 'none' })).message).toMatch(/one frame/);
  });

  test('says what it cannot undo', () => {
    const written = transform.apply(gridOf(space, 28, [1, 2, 3, 0, 1, 2, 1]));
    expect(errorOf(() => transform.invert(gridOf(space, 8, [1, 2])))).toMatchObject({ code: 'token-space-mismatch' });
    const other = bytePair(createBytePairCoder(mergesOf(16, 1, 2, 3, 16)));
    expect(errorOf(() => other.invert(written))).toMatchObject({ code: 'token-space-mismatch' });
    const odd = { ...written, tracks: [{ ids: ids(17, 0, 16, 1), durationsFrames: ids(2, 2, 2, 1) }] };
    expect(errorOf(() => transform.invert(odd))).toMatchObject({
      code: 'token-grid-invalid',
      message: expect.stringMatching(/The token at 0 .*found 2 frames, wanted 3 frames, of 3 units/) as string,
    });
    const merged = transform.apply(mergeRepeats.apply(gridOf(space, 12, [1, 2, 0])));
    const [track] = merged.tracks;
    const split = { ...merged, tracks: [{ ...track!, runDurationsFrames: ids(2, 1) }] };
    expect(errorOf(() => transform.invert(split)).message).toMatch(/The token at 0 .*found 2 frames, wanted 3 frames/);
  });

  test('refuses tokens that would last too long', () => {
    const runs: TokenSpace = { ...spaceOf([1]), durations: 'runs' };
    const track = { ids: ids(1, 2), durationsFrames: ids(2 ** 31, 2 ** 31) };
    const long: TokenGrid = { tokenSpace: runs, startSample: 0, sampleCount: 2 ** 32, tracks: [track] };
    expect(errorOf(() => transform.apply(long)).message).toMatch(/would last too long: found 4294967296 frames/);
    const plain = { tokenSpace: spaceOf([1]), startSample: 0, sampleCount: 2 };
    const short = transform.apply(mergeRepeats.apply({ ...plain, tracks: [{ ids: ids(1, 2) }] }));
    expect(transform.invert(short).sampleCount).toBe(2);
  });
});

describe('derived spaces', () => {
  const bytePairs = [createBytePairCoder(mergesOf(16, 4, 4)), coder];
  const grid = gridOf(space, 28, [1, 1, 2, 3, 0, 1, 2]);
  const written = transform.apply(mergeRepeats.apply(grid));

  test('all transforms are undone and applied, one by one', () => {
    expect(undoTransforms(written, { bytePairs })).toEqual(grid);
    expect(applyTransforms(grid, written.tokenSpace, { bytePairs })).toEqual(written);
    expect(applyTransforms(mergeRepeats.apply(grid), written.tokenSpace, { bytePairs })).toEqual(written);
    expect(undoTransforms(grid)).toBe(grid);
    expect(applyTransforms(grid, space)).toBe(grid);
    expect(originalSpace(written.tokenSpace)).toBe(space);
    expect(originalSpace(space)).toBe(space);
  });

  test('those of others are left alone', () => {
    const theirs: TokenSpace = {
      ...spaceOf([4]),
      id: 'theirs',
      derivedFrom: { transform: 'constructor', tokenSpace: space },
    };
    const derived = mergeRepeats.apply(gridOf(theirs, 8, [1, 1]));
    expect(undoTransforms(derived).tokenSpace).toBe(theirs);
    expect(originalSpace(derived.tokenSpace)).toBe(theirs);
  });

  test('says which merges are missing, and which spaces do not belong together', () => {
    const missing = errorOf(() => undoTransforms(written, { bytePairs: [bytePairs[0]!] }));
    expect(missing).toMatchObject({ code: 'argument-invalid' });
    expect(missing.message).toContain(
      `found merges ${bytePairs[0]!.sha256.slice(0, 16)}…, wanted merges ${coder.sha256.slice(0, 16)}…`,
    );
    expect(errorOf(() => undoTransforms(written)).message).toMatch(
      /were not given: found none, wanted merges [0-9a-f]{16}…/,
    );
    const other = spaceOf([8]);
    const error = errorOf(() => applyTransforms(gridOf(other, 8, [1]), written.tokenSpace, { bytePairs }));
    expect(error).toMatchObject({ code: 'token-space-mismatch', details: { foundId: 'test:8' } });
    expect(errorOf(() => applyTransforms(written, space, { bytePairs }))).toMatchObject({
      code: 'token-space-mismatch',
    });
  });
});
