import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyGrid, snacSpace, spaceOf } from '../../test/support/arbitrary-grids.ts';
import { errorOf } from '../../test/support/failures.ts';
import { isSpeechTokensError } from '../errors/speech-tokens-error.ts';
import { assertTokenSpace, tokenSpacesEqual } from './compare-token-spaces.ts';
import { alignmentSamples, alignRangeOutward, trackFrameCounts } from './frame-clock.ts';
import { takeCodebooks } from './take-codebooks.ts';
import { type TokenGrid, trackFrameCount } from './token-grid.ts';
import { bitrateBps, type TokenSpace } from './token-space.ts';
import { tokenSpaceFromJson, tokenSpaceToJson } from './token-space-json.ts';
import { validateTokenGrid } from './validate-token-grid.ts';
import { validateTokenSpace } from './validate-token-space.ts';

const space = spaceOf([4, 4]);
const tracksOf = (...tracks: number[][]) => tracks.map((ids) => ({ ids: Uint32Array.from(ids) }));
const gridOf = (changes: Partial<TokenGrid> = {}): TokenGrid => ({
  tokenSpace: space,
  startSample: 8,
  sampleCount: 7,
  tracks: tracksOf([0, 15], [3, 3]),
  ...changes,
});
const runs: TokenSpace = { ...space, durations: 'runs' };
const runSpans: TokenSpace = { ...space, durations: 'spans-of-runs' };
const runSpanGrid = (ids: number[], durationsFrames: number[], runDurationsFrames: number[]): TokenGrid =>
  gridOf({
    tokenSpace: runSpans,
    sampleCount: 12,
    tracks: [
      {
        ids: Uint32Array.from(ids),
        durationsFrames: Uint32Array.from(durationsFrames),
        runDurationsFrames: Uint32Array.from(runDurationsFrames),
      },
    ],
  });
const runGrid = (ids: number[], durationsFrames: number[]): TokenGrid =>
  gridOf({
    tokenSpace: runs,
    sampleCount: 12,
    tracks: [{ ids: Uint32Array.from(ids), durationsFrames: Uint32Array.from(durationsFrames) }],
  });

describe('validateTokenSpace', () => {
  test('takes spaces with and without clock, durations and derivation', () => {
    for (const good of [space, snacSpace, spaceOf([undefined]), runs, runSpans, spaceOf([1], 2 ** 32)])
      validateTokenSpace(good);
    validateTokenSpace({
      ...space,
      derivedFrom: { transform: 'x', settings: { a: [1, null, 'b'] }, tokenSpace: runs },
    });
  });

  const deepSettings = Array.from({ length: 9 }).reduce((inner) => [inner], 0);
  const longChain = Array.from({ length: 18 }).reduce<TokenSpace>(
    (tokenSpace) => ({ ...space, derivedFrom: { transform: 'x', tokenSpace } }),
    space,
  );
  test.each<[string, unknown, RegExp]>([
    ['null', null, /tokenSpace: found null/],
    ['undefined', undefined, /tokenSpace: found undefined/],
    ['an empty id', { ...space, id: '' }, /in id: found ""/],
    ['a fractional rate', { ...space, sampleRateHz: 0.5 }, /sampleRateHz/],
    ['no prefixDecodable', { ...space, prefixDecodable: undefined }, /prefixDecodable/],
    ['no codebooks', { ...space, codebooks: [] }, /in codebooks/],
    ['a codebook that is none', { ...space, codebooks: [null] }, /codebooks\[0\]/],
    ['a codebook without a name', { ...space, codebooks: [{ name: '', size: 1 }] }, /codebooks\[0\]\.name/],
    ['two codebooks of one name', { ...space, codebooks: [1, 2].map((size) => ({ name: 'a', size })) }, /\[1\]\.name/],
    ['size 0', spaceOf([4], 0), /codebooks\[0\]\.size: found 0/],
    ['a size above 32 bits', spaceOf([4], 2 ** 32 + 1), /codebooks\[0\]\.size/],
    ['hop 0', spaceOf([4, 0]), /codebooks\[1\]\.hopSamples: found 0/],
    ['hops without a common multiple', spaceOf([2 ** 30 - 1, 2 ** 30 - 3]), /common multiple/],
    ['unknown durations', { ...space, durations: 'other' }, /durations: found "other"/],
    ['durations without a clock', { ...spaceOf([4, undefined]), durations: 'runs' }, /a hop of every codebook/],
    ['a derivation without a space', { ...space, derivedFrom: { transform: 'x' } }, /derivedFrom/],
    ['a derivation from null', { ...space, derivedFrom: { transform: 'x', tokenSpace: null } }, /found null/],
    ['a derivation without a name', { ...space, derivedFrom: { tokenSpace: space } }, /derivedFrom/],
    [
      'settings that are not JSON',
      { ...space, derivedFrom: { transform: 'x', settings: new Map(), tokenSpace: space } },
      /settings/,
    ],
    [
      'settings with NaN',
      { ...space, derivedFrom: { transform: 'x', settings: [Number.NaN], tokenSpace: space } },
      /settings/,
    ],
    [
      'settings that are too deep',
      { ...space, derivedFrom: { transform: 'x', settings: deepSettings, tokenSpace: space } },
      /8 levels/,
    ],
    ['a chain that is too long', longChain, /a longer chain/],
    [
      'a fault in the space before',
      { ...space, derivedFrom: { transform: 'x', tokenSpace: spaceOf([]) } },
      /codebooks/,
    ],
  ])('refuses %s', (_name, value, message) => {
    const error = errorOf(() => validateTokenSpace(value as TokenSpace));
    expect(error).toMatchObject({ code: 'argument-invalid', details: { argument: 'tokenSpace' } });
    expect(error.message).toMatch(message);
  });

  test('never fails otherwise', () => {
    const fields = fc.record(
      {
        id: fc.anything(),
        sampleRateHz: fc.nat(),
        codebooks: fc.anything(),
        durations: fc.anything(),
        prefixDecodable: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    const book = fc.record(
      { name: fc.anything(), size: fc.anything(), hopSamples: fc.anything() },
      { requiredKeys: [] },
    );
    const whole = fc.array(book).map((codebooks) => ({ ...space, codebooks }));
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fields, whole), (value) => {
        try {
          validateTokenSpace(value as TokenSpace);
        } catch (error) {
          if (!isSpeechTokensError(error, 'argument-invalid')) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('comparing token spaces', () => {
  const derived: TokenSpace = { ...space, derivedFrom: { transform: 'x', settings: { b: 1, a: 2 }, tokenSpace: runs } };

  test('equal in every field, also after JSON, whatever the order of keys', () => {
    expect(tokenSpacesEqual(space, structuredClone(space))).toBe(true);
    const { prefixDecodable, ...rest } = derived;
    expect(tokenSpacesEqual(derived, { prefixDecodable, ...rest })).toBe(true);
    const turned: TokenSpace = {
      ...space,
      derivedFrom: { transform: 'x', settings: { a: 2, b: 1 }, tokenSpace: runs },
    };
    expect(tokenSpacesEqual(derived, turned)).toBe(true);
    const read = tokenSpaceFromJson(JSON.parse(JSON.stringify(tokenSpaceToJson(derived))));
    expect(read).toEqual(derived);
    expect(tokenSpacesEqual(read, derived)).toBe(true);
  });

  test.each<[string, Partial<TokenSpace>]>([
    ['id', { id: 'other' }],
    ['sampleRateHz', { sampleRateHz: 1 }],
    ['codebooks', { codebooks: space.codebooks.slice(1) }],
    ['prefixDecodable', { prefixDecodable: false }],
    ['durations', { durations: 'runs' }],
    ['derivedFrom', { derivedFrom: { transform: 'x', tokenSpace: space } }],
  ])('different in %s', (field, change) => {
    const other = { ...space, ...change };
    expect(tokenSpacesEqual(space, other)).toBe(false);
    const error = errorOf(() => assertTokenSpace(other, space, 'The file'));
    expect(error.code).toBe('token-space-mismatch');
    expect(error.details).toEqual({ foundId: other.id, wantedId: space.id });
    expect(error.message).toMatch(
      field === 'id' ? /The file is of another token space: found "other"/ : /not its fields/,
    );
  });

  test('fields that this version does not know are left out', () => {
    expect(tokenSpaceFromJson({ ...space, future: 1 })).toEqual(space);
  });
});

describe('frame clock', () => {
  test('alignment is the common multiple, also through a derivation', () => {
    expect(alignmentSamples(snacSpace)).toBe(2048);
    expect(alignmentSamples(spaceOf([6, 4]))).toBe(12);
    expect(alignmentSamples(spaceOf([undefined]))).toBeUndefined();
    const flat = { ...spaceOf([undefined]), derivedFrom: { transform: 'x', tokenSpace: snacSpace } };
    expect(alignmentSamples(flat)).toBe(2048);
  });

  test('frames of a stretch, exact and padded', () => {
    expect(trackFrameCounts(snacSpace, 2049)).toEqual({ exact: [2, 3, 5], padded: [2, 4, 8] });
    expect(trackFrameCounts(snacSpace, 4096)).toEqual({ exact: [2, 4, 8], padded: [2, 4, 8] });
    expect(trackFrameCounts(snacSpace, 0)).toEqual({ exact: [0, 0, 0], padded: [0, 0, 0] });
    expect(trackFrameCounts(spaceOf([6, 4]), 13)).toEqual({ exact: [3, 4], padded: [3, 4] });
    expect(trackFrameCounts(spaceOf([4, undefined]), 13)).toBeUndefined();
  });

  test('ranges are rounded outward, within the stretch', () => {
    const stretch = { tokenSpace: snacSpace, startSample: 2048, sampleCount: 5000 };
    const align = (startSample: number, endSample: number) => {
      const range = alignRangeOutward(stretch, { startSample, endSample });
      return [range.startSample, range.endSample];
    };
    expect(align(4095, 4097)).toEqual([2048, 6144]);
    expect(align(4096, 4096)).toEqual([4096, 4096]);
    expect(align(0, 9000)).toEqual([2048, 7048]);
    expect(align(6145, 6200)).toEqual([6144, 7048]);
    expect(align(9000, 9001)).toEqual([7048, 7048]);
    expect(align(0, 10)).toEqual([2048, 2048]);
    const clockless = { ...stretch, tokenSpace: spaceOf([undefined]) };
    expect(alignRangeOutward(clockless, { startSample: 3000, endSample: 3001 })).toEqual({
      startSample: 2048,
      endSample: 7048,
    });
  });
});

describe('validateTokenGrid', () => {
  test('takes every valid grid, and every prefix of its codebooks', () => {
    fc.assert(
      fc.property(anyGrid, (grid) => {
        for (let count = 1; count <= grid.tracks.length; count++) {
          validateTokenGrid(takeCodebooks(grid, count), {
            tokenSpace: structuredClone(grid.tokenSpace),
            codebookCount: count,
          });
        }
      }),
    );
  });

  test('takes runs, empty grids anywhere, and clockless tracks of any length', () => {
    validateTokenGrid(runGrid([1, 2, 1], [1, 1, 1]));
    validateTokenGrid(runSpanGrid([1, 1], [1, 2], [1, 1, 1]));
    const noRows = { name: 'scale', hopSamples: 6, valuesPerFrame: 1, values: new Float32Array(0) };
    validateTokenGrid(gridOf({ startSample: 7, sampleCount: 0, tracks: tracksOf([], []), sideTracks: [noRows] }));
    validateTokenGrid(
      gridOf({ tokenSpace: spaceOf([undefined, undefined]), startSample: 7, tracks: tracksOf([1], []) }),
    );
    expect(trackFrameCount({ ids: Uint32Array.of(5, 6), durationsFrames: Uint32Array.of(3, 4) })).toBe(7);
  });

  const side = { name: 'scale', hopSamples: 6, valuesPerFrame: 1, values: Float32Array.of(1, 2) };
  test.each<[string, TokenGrid, RegExp, string?]>([
    ['a negative start', gridOf({ startSample: -4 }), /startSample .*found -4/],
    ['a fractional count', gridOf({ sampleCount: 6.5 }), /sampleCount .*found 6.5/],
    ['an unsafe start', gridOf({ startSample: 2 ** 53 }), /startSample/],
    ['an unsafe end', gridOf({ startSample: 2 ** 53 - 4 }), /ends too late/],
    ['a start within a frame', gridOf({ startSample: 2 }), /startSample 2, wanted a multiple of 4/],
    ['no tracks', gridOf({ tracks: [] }), /number of tracks/],
    ['tracks that are no list', gridOf({ tracks: undefined as never }), /number of tracks/],
    ['more tracks than codebooks', gridOf({ tracks: tracksOf([0, 0], [0, 0], [0, 0]) }), /found 3, wanted 1 to 2/],
    [
      'an id out of range',
      gridOf({ tracks: tracksOf([0, 0], [0, 16]) }),
      /found 16 at 1, wanted 0 to 15/,
      'codebook-1',
    ],
    [
      'ids of another type',
      gridOf({ tracks: [{ ids: [1] as never }] }),
      /found Array, wanted a Uint32Array/,
      'codebook-0',
    ],
    ['too few frames', gridOf({ tracks: tracksOf([0], [0, 0]) }), /found 1, 2 frames, wanted 2, 2/, 'codebook-0'],
    [
      'too many frames',
      gridOf({ tracks: tracksOf([0, 0], [0, 0, 0]) }),
      /found 2, 3 frames, wanted 2, 2/,
      'codebook-1',
    ],
    [
      'one track padded and one not',
      gridOf({ tokenSpace: spaceOf([8, 4, 2]), sampleCount: 1, tracks: tracksOf([0], [0, 0], [0]) }),
      /found 1, 2, 1 frames, wanted 1, 1, 1 \(or all padded: 1, 2, 4\)/,
    ],
    [
      'durations where the space has none',
      gridOf({ tracks: [{ ids: Uint32Array.of(0, 0), durationsFrames: Uint32Array.of(1, 1) }] }),
      /its token space has none/,
      'codebook-0',
    ],
    ['no durations where the space has them', gridOf({ tokenSpace: runs }), /lacks durations/, 'codebook-0'],
    ['too few durations', runGrid([1, 2], [3]), /found 1 durations, wanted 2/, 'codebook-0'],
    ['a duration of zero', runGrid([1, 2], [3, 0]), /found 0 at 1/, 'codebook-0'],
    ['runs that repeat', runGrid([1, 1], [2, 1]), /is not merged/, 'codebook-0'],
    ['runs that do not cover', runGrid([1, 2], [2, 2]), /found 4 frames, wanted 3/, 'codebook-0'],
    ['runs where the space has none', { ...runSpanGrid([1], [3], [3]), tokenSpace: runs }, /has runs/, 'codebook-0'],
    ['no runs where the space has them', { ...runGrid([1], [3]), tokenSpace: runSpans }, /lacks runs/, 'codebook-0'],
    [
      'a run of zero',
      runSpanGrid([1], [3], [3, 0]),
      /A run of codebook codebook-0 is empty: found 0 at 1/,
      'codebook-0',
    ],
    [
      'a run that spans two ids',
      runSpanGrid([1, 2], [1, 2], [3]),
      /found runs of 3 frames for the id at 0/,
      'codebook-0',
    ],
    ['too few runs', runSpanGrid([1, 2], [1, 2], [1, 1]), /found runs of 1 frames for the id at 1/, 'codebook-0'],
    ['too many runs', runSpanGrid([1, 2], [1, 2], [1, 2, 1]), /found 3 runs, wanted 2/, 'codebook-0'],
    [
      'a side track with too few rows',
      gridOf({ sideTracks: [{ ...side, valuesPerFrame: 2 }] }),
      /2 values, wanted 2 rows of 2/,
    ],
    ['two side tracks of one name', gridOf({ sideTracks: [side, side] }), /a name of its own/],
    ['a side track with hop 0', gridOf({ sideTracks: [{ ...side, hopSamples: 0 }] }), /hopSamples/],
    [
      'a side track of doubles',
      gridOf({ sideTracks: [{ ...side, values: new Float64Array(2) as never }] }),
      /Float64Array/,
    ],
    [
      'a side track with NaN',
      gridOf({ sideTracks: [{ ...side, values: Float32Array.of(1, Number.NaN) }] }),
      /NaN at 1/,
    ],
  ])('refuses %s', (_name, grid, message, codebook) => {
    const error = errorOf(() => validateTokenGrid(grid));
    expect(error.code).toBe('token-grid-invalid');
    expect(error.message).toMatch(message);
    expect(error.details).toEqual(codebook === undefined ? {} : { codebook });
  });

  test('never fails otherwise, whatever it is given', () => {
    const keys = fc.constantFrom('tokenSpace', 'startSample', 'sampleCount', 'tracks', 'sideTracks');
    const track = fc.record({ ids: fc.anything(), durationsFrames: fc.anything() }, { requiredKeys: [] });
    const anySide = fc.record(
      { name: fc.anything(), hopSamples: fc.anything(), values: fc.anything() },
      { requiredKeys: [] },
    );
    const value = fc.oneof(fc.anything(), fc.array(fc.oneof(fc.anything(), track, anySide)));
    fc.assert(
      fc.property(keys, value, fc.anything(), (key, replacement, whole) => {
        for (const grid of [{ ...gridOf(), [key]: replacement }, whole]) {
          try {
            validateTokenGrid(grid as TokenGrid);
          } catch (error) {
            if (!isSpeechTokensError(error)) throw error;
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('refuses another space and another number of codebooks', () => {
    expect(errorOf(() => validateTokenGrid(gridOf(), { tokenSpace: snacSpace })).code).toBe('token-space-mismatch');
    expect(errorOf(() => validateTokenGrid(gridOf(), { codebookCount: 1 })).message).toMatch(/found 2, wanted 1/);
    expect(errorOf(() => validateTokenGrid(gridOf({ tokenSpace: spaceOf([]) }))).code).toBe('argument-invalid');
  });
});

describe('takeCodebooks', () => {
  test('shares the first tracks', () => {
    const grid = gridOf();
    expect(takeCodebooks(grid, 1).tracks[0]).toBe(grid.tracks[0]);
    expect(takeCodebooks(grid, 1).tracks).toHaveLength(1);
    expect(takeCodebooks(grid, 2)).toBe(grid);
  });

  test.each([0, 3, 1.5, Number.NaN])('refuses %s', (count) => {
    expect(errorOf(() => takeCodebooks(gridOf(), count))).toMatchObject({
      code: 'argument-invalid',
      details: { argument: 'codebookCount' },
    });
  });
});

test('bitrate is that of the hops, and unknown where ids have durations or no clock', () => {
  expect(bitrateBps(spaceOf([320, 320], 1024))).toBe(1000);
  expect(bitrateBps(spaceOf([320, 320], 1024), 1)).toBe(500);
  expect(bitrateBps(runs)).toBeUndefined();
  expect(bitrateBps(spaceOf([undefined]))).toBeUndefined();
});
