import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyGrid, snacSpace, spaceOf } from '../../test/support/arbitrary-grids.ts';
import { isSpeechTokensError } from '../errors/speech-tokens-error.ts';
import type { TokenGrid } from '../tokens/token-grid.ts';
import type { TokenSpace } from '../tokens/token-space.ts';
import { mergeRepeats } from '../transforms/merge-repeats.ts';
import { type GridJson, gridFromJson, gridToJson, gridToJsonText } from './grid-json.ts';
import { gridFromNpy, gridToNpy, trackToNpy } from './grid-npy.ts';

const ids = (...values: number[]) => Uint32Array.from(values);
const gridOf = (tokenSpace: TokenSpace, sampleCount: number, ...tracks: number[][]): TokenGrid => ({
  tokenSpace,
  startSample: 0,
  sampleCount,
  tracks: tracks.map((track) => ({ ids: Uint32Array.from(track) })),
});

function bytesOf(pieces: Iterable<Uint8Array>): Uint8Array {
  return Uint8Array.from([...pieces].flatMap((piece) => [...piece]));
}

describe('JSON', () => {
  const scale = { name: 'scale', hopSamples: 8, valuesPerFrame: 1, values: Float32Array.of(-0, 0.1) };
  const grid: TokenGrid = { ...gridOf(spaceOf([4]), 9, [1, 1, 2]), sideTracks: [scale] };

  test('has the documented form', () => {
    expect(gridToJson(mergeRepeats.apply(grid), { generator: 'test 1' })).toEqual({
      format: 'speech-tokens',
      formatVersion: 1,
      generator: 'test 1',
      tokenSpace: {
        id: 'test:4+merge-repeats',
        sampleRateHz: 16_000,
        codebooks: [{ name: 'codebook-0', size: 16, hopSamples: 4 }],
        prefixDecodable: true,
        durations: 'runs',
        derivedFrom: {
          transform: 'merge-repeats',
          tokenSpace: {
            id: 'test:4',
            sampleRateHz: 16_000,
            codebooks: [{ name: 'codebook-0', size: 16, hopSamples: 4 }],
            prefixDecodable: true,
          },
        },
      },
      startSample: 0,
      sampleCount: 9,
      tracks: [{ codebook: 'codebook-0', ids: [1, 2], durationsFrames: [2, 1] }],
      sideTracks: [{ name: 'scale', hopSamples: 8, valuesPerFrame: 1, values: [-0, Math.fround(0.1)] }],
    });
  });

  test('gives back any grid, as text and as data', () => {
    fc.assert(
      fc.property(anyGrid, fc.boolean(), (plain, merge) => {
        const any = merge ? mergeRepeats.apply(plain) : plain;
        expect(gridFromJson([...gridToJsonText(any)].join(''))).toEqual(any);
        expect(gridFromJson(gridToJson(any))).toEqual(any);
      }),
    );
  });

  test('holds the runs of spans', () => {
    const tokenSpace: TokenSpace = { ...spaceOf([4]), durations: 'spans-of-runs' };
    const track = { ids: ids(5), durationsFrames: ids(3), runDurationsFrames: ids(1, 2) };
    const spans: TokenGrid = { ...gridOf(tokenSpace, 12), tracks: [track] };
    expect(gridToJson(spans).tracks).toEqual([
      { codebook: 'codebook-0', ids: [5], durationsFrames: [3], runDurationsFrames: [1, 2] },
    ]);
    expect(gridFromJson(gridToJson(spans))).toEqual(spans);
  });

  test('long grids come in pieces', () => {
    const long = gridOf(
      spaceOf([4], 70_000),
      400_000,
      Array.from({ length: 100_000 }, (_, index) => index % 70_000),
    );
    const pieces = [...gridToJsonText(long)];
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(100_000);
    expect(gridFromJson(pieces.join(''))).toEqual(long);
  });

  test('an invalid grid is refused before the first piece', () => {
    expect(() => gridToJsonText(gridOf(spaceOf([4]), 4, [99]))).toThrow(/out of range/);
  });

  const json = gridToJson(grid);
  const track = json.tracks[0] as GridJson['tracks'][number];
  const side = (json.sideTracks as NonNullable<GridJson['sideTracks']>)[0] as NonNullable<
    GridJson['sideTracks']
  >[number];
  test.each<[string, unknown, RegExp]>([
    ['text that is not JSON', '{"format"', /not JSON/],
    ['null', null, /holds no tokens/],
    ['another object', {}, /holds no tokens: found undefined/],
    ['a later version', { ...json, formatVersion: 2 }, /another version: found 2, wanted "formatVersion": 1/],
    ['a token space that is none', { ...json, tokenSpace: null }, /contradicts itself.*tokenSpace/],
    ['tracks that are no list', { ...json, tracks: {} }, /field tracks .*found an object .*, wanted a list/],
    ['a track of null', { ...json, tracks: [null] }, /tracks\[0\]\.ids/],
    ['an id that is text', { ...json, tracks: [{ ...track, ids: [1, '1', 2] }] }, /tracks\[0\]\.ids .*found "1" at 1/],
    ['a negative id', { ...json, tracks: [{ ...track, ids: [1, 1, -1] }] }, /found -1 at 2/],
    ['an id above 32 bits', { ...json, tracks: [{ ...track, ids: [1, 1, 2 ** 32] }] }, /found 4294967296 at 2/],
    ['an id out of range', { ...json, tracks: [{ ...track, ids: [1, 1, 16] }] }, /found 16 at 2, wanted 0 to 15/],
    ['durations that are no list', { ...json, tracks: [{ ...track, durationsFrames: 1 }] }, /durationsFrames/],
    ['a count that is text', { ...json, sampleCount: '9' }, /sampleCount/],
    ['too few ids', { ...json, tracks: [{ ...track, ids: [1] }] }, /do not cover/],
    ['side tracks that are no list', { ...json, sideTracks: 1 }, /sideTracks/],
    ['a side track of null', { ...json, sideTracks: [null] }, /sideTracks\[0\]\.values/],
    ['a value that is text', { ...json, sideTracks: [{ ...side, values: [1, '2'] }] }, /found "2", wanted numbers/],
    ['a value that is missing', { ...json, sideTracks: [{ ...side, values: [1, undefined] }] }, /wanted numbers/],
    ['a value beyond 32 bits', { ...json, sideTracks: [{ ...side, values: [1, 1e300] }] }, /not finite/],
    ['a side track without a name', { ...json, sideTracks: [{ ...side, name: 1 }] }, /badly named/],
  ])('refuses %s', (_name, value, message) => {
    expect(() => gridFromJson(value)).toThrow(message);
    expect(() => gridFromJson(value)).toThrow(expect.objectContaining({ code: 'token-file-invalid' }));
  });

  test('fuzzing: fields replaced by anything give a typed error or a grid', () => {
    const base = JSON.parse(JSON.stringify(json)) as Record<string, unknown>;
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(base)), fc.oneof(fc.jsonValue(), fc.anything()), (key, value) => {
        try {
          gridFromJson({ ...base, [key]: value });
        } catch (error) {
          if (!isSpeechTokensError(error, 'token-file-invalid')) throw error;
        }
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => gridFromJson(text)).toThrow(expect.objectContaining({ code: 'token-file-invalid' }));
      }),
    );
  });
});

describe('.npy', () => {
  const headerText = (file: Uint8Array) => new TextDecoder('latin1').decode(file.subarray(10, 128));

  test.each([
    [256, '|u1', 1],
    [257, '<u2', 2],
    [65_536, '<u2', 2],
    [65_537, '<u4', 4],
  ])('of %d ids is an aligned array of %s', (size, descr, width) => {
    const file = bytesOf(gridToNpy(gridOf(spaceOf([4, 4], [16, size]), 12, [1, 2, 3], [4, 5, size - 1])));
    expect([...file.subarray(0, 8)]).toEqual([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
    const start = 10 + (file[8] as number);
    expect(start % 64).toBe(0);
    expect(file[start - 1]).toBe(0x0a);
    expect(headerText(file)).toContain(`{'descr': '${descr}', 'fortran_order': False, 'shape': (2, 3), }`);
    expect(file.byteLength).toBe(start + 6 * width);
  });

  test('gives back uniform grids', () => {
    const uniform = fc.record({
      hop: fc.integer({ min: 1, max: 5 }),
      sizes: fc.array(fc.constantFrom(2, 256, 1000, 70_000, 2 ** 32), { minLength: 1, maxLength: 3 }),
      frames: fc.nat(9),
      missing: fc.nat(4),
    });
    fc.assert(
      fc.property(uniform, fc.nat(2 ** 31), ({ hop, sizes, frames, missing }, id) => {
        const space = spaceOf(
          sizes.map(() => hop),
          sizes,
        );
        const sampleCount = Math.max(0, frames * hop - (missing % hop));
        const rows = sizes.map((size) => Array.from({ length: frames }, (_, frame) => (id + frame) % size));
        const grid = { ...gridOf(space, sampleCount, ...rows), startSample: hop * 3 };
        const file = bytesOf(gridToNpy(grid));
        expect(gridFromNpy(file, { tokenSpace: space, startSample: hop * 3, sampleCount })).toEqual(grid);
        const shifted = new Uint8Array(file.byteLength + 3);
        shifted.set(file, 3);
        expect(gridFromNpy(shifted.subarray(3), { tokenSpace: space }).sampleCount).toBe(frames * hop);
      }),
    );
  });

  test('long tracks come in pieces', () => {
    const long = gridOf(
      spaceOf([4, 4], 1024),
      800_000,
      ...[0, 1].map(() => Array.from({ length: 200_000 }, (_, i) => i % 1024)),
    );
    const pieces = [...gridToNpy(long)];
    expect(Math.max(...pieces.map((piece) => piece.byteLength))).toBe(131_072);
    expect(gridFromNpy(bytesOf(pieces), { tokenSpace: long.tokenSpace })).toEqual(long);
  });

  test('refuses what an array cannot hold, and says what can', () => {
    const snac = gridOf(snacSpace, 2048, [0], [1, 2], [3, 4, 5, 6]);
    expect(() => gridToNpy(snac)).toThrow(
      /found codebooks at several rates.*token file \(\.safetensors\) or JSON.*trackToNpy/,
    );
    const merged = mergeRepeats.apply(gridOf(spaceOf([4]), 4, [1]));
    expect(() => gridToNpy(merged)).toThrow(/found durations/);
    const side = { name: 'scale', hopSamples: 4, valuesPerFrame: 1, values: Float32Array.of(1) };
    expect(() => gridToNpy({ ...gridOf(spaceOf([4]), 4, [1]), sideTracks: [side] })).toThrow(
      /found the side track scale/,
    );
    const single = bytesOf(trackToNpy(snac, 1));
    expect(headerText(single)).toContain("'shape': (2,), }");
    expect([...single.subarray(-4)]).toEqual([1, 0, 2, 0]);
    expect(() => trackToNpy(snac, 3)).toThrow(/found 3, wanted 0 to 2/);
  });

  /** A file as other programs might write it. */
  function npy(header: string, data: readonly number[], version = 1): Uint8Array {
    const text = new TextEncoder().encode(header);
    const start = version === 1 ? 10 : 12;
    const file = new Uint8Array(start + text.length + data.length);
    file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
    const view = new DataView(file.buffer);
    if (version === 1) view.setUint16(8, text.length, true);
    else view.setUint32(8, text.length, true);
    file.set(text, start);
    file.set(data, start + text.length);
    return file;
  }
  const tokenSpace = spaceOf([4, 4]);
  const header = (descr: string, shape: string, order = 'False') =>
    `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

  test('reads headers of every version and style, and every integer type', () => {
    for (const version of [1, 2, 3]) {
      expect(gridFromNpy(npy(header('|u1', '(2, 1)'), [3, 4], version), { tokenSpace }).tracks).toEqual([
        { ids: ids(3) },
        { ids: ids(4) },
      ]);
    }
    const styles = [
      `{"shape":(1,),"fortran_order":False,"descr":"|u1"}`,
      header('|i1', '(1,)', 'True'),
      header('|b1', '(1,)').replace('b1', 'u1'),
      header('<u1', '(1, 1)'),
    ];
    for (const style of styles) expect(gridFromNpy(npy(style, [7]), { tokenSpace }).tracks).toEqual([{ ids: ids(7) }]);
    for (const [type, width] of Object.entries({ u2: 2, u4: 4, u8: 8, i2: 2, i4: 4, i8: 8 })) {
      const data = [5, ...new Array<number>(width - 1).fill(0), 15, ...new Array<number>(width - 1).fill(0)];
      expect(gridFromNpy(npy(header(`<${type}`, '(2,)'), data), { tokenSpace }).tracks).toEqual([{ ids: ids(5, 15) }]);
    }
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['no bytes', new Uint8Array(0), /not a \.npy file/],
    ['a zip', new TextEncoder().encode('PK\u0003\u0004 and so on'), /not a \.npy file/],
    ['version 4', npy(header('|u1', '(1,)'), [1], 4), /unknown version: found 4.0/],
    ['a header longer than the file', npy(header('|u1', '(1,)'), [1]).subarray(0, 30), /cut off/],
    ['a header that is too long', npy(`${header('|u1', '(1,)')}${' '.repeat(70_000)}`, [1], 2), /at most 65536/],
    ['no dictionary', npy('[]', []), /no dictionary/],
    ['an unknown literal', npy(`{'descr': None, }`, []), /damaged/],
    ['a key twice', npy(`{'descr': '|u1', 'descr': '|u1'}`, []), /damaged/],
    ['a key twice among all', npy(`{'descr': '|u1', ${header('|u1', '(1,)').slice(1)}`, [1]), /damaged/],
    ['a missing key', npy(`{'descr': '|u1', 'shape': (1,)}`, [1]), /damaged: found descr, shape/],
    ['another key', npy(header('|u1', '(1,)').replace('}', "'x': True}"), [1]), /damaged/],
    ['a structured type', npy(`{'descr': [('a', '<u2')], 'fortran_order': False, 'shape': (1,)}`, [1, 0]), /damaged/],
    ['big-endian integers', npy(header('>u2', '(1,)'), [0, 1]), /little-endian integers: found ">u2"/],
    ['native order', npy(header('=u2', '(1,)'), [0, 1]), /found "=u2"/],
    ['no byte order', npy(header('|u2', '(1,)'), [0, 1]), /names no byte order/],
    ['floats', npy(header('<f4', '(1,)'), [0, 0, 0, 0]), /found "<f4"/],
    ['objects', npy(header('|O', '(1,)'), [0]), /found "\|O"/],
    ['a type of the prototype', npy(header('<toString', '(1,)'), [0]), /found "<toString"/],
    ['Fortran order', npy(header('|u1', '(2, 1)', 'True'), [1, 2]), /Fortran order/],
    ['a shape that is none', npy(header('|u1', '(1,,)'), [1]), /shape in the \.npy file is invalid/],
    ['a shape above 2^53', npy(header('|u1', '(9007199254740993,)'), [1]), /shape in the \.npy file is invalid/],
    ['a scalar', npy(header('|u1', '()'), [1]), /found \(\), wanted \[codebooks, frames\]/],
    ['three dimensions', npy(header('|u1', '(1, 1, 1)'), [1]), /found \(1, 1, 1\)/],
    ['too many codebooks', npy(header('|u1', '(3, 1)'), [1, 1, 1]), /wanted 1 to 2 codebooks/],
    ['no codebooks', npy(header('|u1', '(0, 5)'), []), /wanted 1 to 2 codebooks/],
    ['too few bytes', npy(header('|u1', '(2, 2)'), [1, 1, 1]), /found 3, wanted 4 for \(2, 2\)/],
    ['too many bytes', npy(header('|u1', '(2, 2)'), [1, 1, 1, 1, 1]), /found 5, wanted 4/],
    ['a huge shape', npy(header('<u8', '(2, 9007199254740991)'), [1]), /found 1, wanted/],
    ['an id out of range', npy(header('|u1', '(2, 1)'), [1, 16]), /found 16 at \[1, 0\], wanted 0 to 15/],
    ['a negative id', npy(header('|i1', '(1,)'), [255]), /found -1 at \[0, 0\]/],
    ['an id above 32 bits', npy(header('<u8', '(1,)'), [1, 0, 0, 0, 1, 0, 0, 0]), /found 4294967297/],
  ])('refuses %s', (_name, file, message) => {
    expect(() => gridFromNpy(file, { tokenSpace })).toThrow(message);
    expect(() => gridFromNpy(file, { tokenSpace })).toThrow(expect.objectContaining({ code: 'token-file-invalid' }));
  });

  test('refuses spaces that an array cannot fill', () => {
    const file = npy(header('|u1', '(2, 1)'), [1, 1]);
    expect(() => gridFromNpy(file, { tokenSpace: snacSpace })).toThrow(/several rates/);
    expect(() => gridFromNpy(file, { tokenSpace: spaceOf([undefined, undefined]) })).toThrow(/Give sampleCount/);
    const clockless = gridFromNpy(file, { tokenSpace: spaceOf([undefined, undefined]), sampleCount: 3 });
    expect(clockless.sampleCount).toBe(3);
    expect(() => gridFromNpy(file, { tokenSpace, sampleCount: 9 })).toThrow(/do not cover/);
  });

  test('fuzzing: changed bytes and cut files give a typed error or a grid', () => {
    const original = bytesOf(gridToNpy(gridOf(tokenSpace, 12, [1, 2, 3], [4, 5, 6])));
    const change = fc.tuple(fc.nat(original.byteLength - 1), fc.nat(255));
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.nat(original.byteLength * 2),
        (changes, kept) => {
          const file = original.slice(0, kept);
          for (const [index, value] of changes) if (index < kept) file[index] = value;
          try {
            gridFromNpy(file, { tokenSpace });
          } catch (error) {
            if (!isSpeechTokensError(error, 'token-file-invalid')) throw error;
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});
