import { readdirSync, readFileSync } from 'node:fs';
import { isSpeechTokensError, sliceGrid, type TokenGrid, takeCodebooks, validateTokenGrid } from '@speech-tokens/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEcdc, readEcdcHeader, writeEcdc } from '../../src/ecdc/index.ts';

// Files that the authors' own program wrote, with codes that follow from their place: tools/reference/make_ecdc.py.
const directory = new URL('../golden/ecdc/', import.meta.url);
const files = readdirSync(directory).map((name) => ({
  name,
  bytes: new Uint8Array(readFileSync(new URL(name, directory))),
}));
const fileOf = (name: string): Uint8Array => files.find((file) => file.name === `${name}.ecdc`)!.bytes;

const segmentLength = (rateHz: number): number => (rateHz === 48_000 ? 48_000 : Number.POSITIVE_INFINITY);

/** The ids that the reference program put into its files. */
function expectedIds(k: number, rateHz: number, sampleCount: number): number[] {
  const ids: number[] = [];
  const stride = rateHz === 48_000 ? 47_520 : sampleCount;
  for (let start = 0, s = 0; start < sampleCount; start += stride, s++) {
    const frames = Math.ceil(Math.min(segmentLength(rateHz), sampleCount - start) / 320);
    for (let t = 0; t < frames; t++) ids.push((37 * t + 101 * k + 13 * s) % 1_024);
  }
  return ids;
}

function failure(run: () => unknown): string {
  try {
    run();
    return 'accepted';
  } catch (error) {
    if (!isSpeechTokensError(error)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

test.each(files)('$name: what the authors wrote is read, and written again byte for byte', ({ name, bytes }) => {
  const grid = readEcdc(bytes, { path: name });
  validateTokenGrid(grid);
  const header = readEcdcHeader(bytes);
  expect(grid.tracks.length).toBe(header.codebookCount);
  for (const [k, { ids }] of grid.tracks.entries()) {
    expect([...ids]).toEqual(expectedIds(k, grid.tokenSpace.sampleRateHz, grid.sampleCount));
  }
  const scales = grid.sideTracks?.[0]?.values;
  expect(scales === undefined).toBe(header.modelName === 'encodec_24khz');
  for (const [s, scale] of scales?.entries() ?? []) expect(scale).toBe(Math.fround((s + 1) / 7));
  expect(writeEcdc(grid)).toEqual(bytes);
  // As a view into a larger buffer too.
  const larger = new Uint8Array(bytes.length + 7);
  larger.set(bytes, 3);
  expect(readEcdc(larger.subarray(3, 3 + bytes.length))).toEqual(grid);
});

test('all files of the reference are there', () => {
  expect(files.map(({ name }) => name).sort()).toEqual([
    '24khz-2-one-sample.ecdc',
    '24khz-3-odd-bits.ecdc',
    '24khz-8.ecdc',
    '48khz-2-two-segments.ecdc',
    '48khz-3-three-segments.ecdc',
    '48khz-4.ecdc',
  ]);
});

/** Grids of both models, of any length and any codebooks. */
const anyGrid: fc.Arbitrary<TokenGrid> = fc
  .record({
    is48kHz: fc.boolean(),
    sampleCount: fc.oneof(
      fc.nat(5_000),
      fc.integer({ min: 47_000, max: 49_000 }),
      fc.integer({ min: 94_000, max: 97_000 }),
    ),
    codebookCount: fc.integer({ min: 1, max: 16 }),
    seed: fc.nat(1_023),
  })
  .map(({ is48kHz, sampleCount, codebookCount, seed }) => {
    const { tokenSpace } = readEcdc(fileOf(is48kHz ? '48khz-4' : '24khz-8'));
    const frames = expectedIds(0, tokenSpace.sampleRateHz, sampleCount).length;
    const ids = (k: number) => Uint32Array.from({ length: frames }, (_, t) => (t * 389 + k * 71 + seed) % 1_024);
    const values = Float32Array.from({ length: Math.ceil(sampleCount / 47_520) }, (_, s) => seed / (s + 1));
    return {
      tokenSpace,
      startSample: 0,
      sampleCount,
      tracks: Array.from({ length: codebookCount }, (_, k) => ({ ids: ids(k) })),
      ...(is48kHz ? { sideTracks: [{ name: 'scale', hopSamples: 47_520, valuesPerFrame: 1, values }] } : {}),
    };
  });

test('what is written is read again, also under the space of certain weights', () => {
  fc.assert(
    fc.property(anyGrid, (grid) => {
      expect(readEcdc(writeEcdc(grid))).toEqual(grid);
      const tokenSpace = { ...grid.tokenSpace, id: `${grid.tokenSpace.id}#0123456789ab` };
      expect(readEcdc(writeEcdc({ ...grid, tokenSpace }), { tokenSpace })).toEqual({ ...grid, tokenSpace });
    }),
    { numRuns: 60 },
  );
});

const rewritten = (bytes: Uint8Array, from: string, to: string): Uint8Array => {
  const { sizeBytes } = readEcdcHeader(bytes);
  const json = new TextDecoder().decode(bytes.subarray(9, sizeBytes));
  expect(json).toContain(from);
  const text = new TextEncoder().encode(json.replace(from, to));
  const result = new Uint8Array(9 + text.length + bytes.length - sizeBytes);
  result.set(bytes.subarray(0, 5));
  new DataView(result.buffer).setUint32(5, text.length);
  result.set(text, 9);
  result.set(bytes.subarray(sizeBytes), 9 + text.length);
  return result;
};

test('faults are typed errors that say what is wrong', () => {
  const bytes = fileOf('24khz-8');
  const refused = (from: string, to: string): string =>
    failure(() => readEcdc(rewritten(bytes, from, to), { path: 'a.ecdc' }));
  expect(failure(() => readEcdc(new Uint8Array(0)))).toContain(
    'token-file-invalid: The .ecdc data: This is no .ecdc file',
  );
  expect(failure(() => readEcdc(bytes.map((byte, i) => (i === 4 ? 1 : byte))))).toContain('found 1, wanted 0');
  expect(failure(() => readEcdc(bytes.map((byte, i) => (i === 5 ? 255 : byte))))).toContain('too long');
  expect(refused('false', 'true')).toContain('a.ecdc: The codes are packed with the language model');
  expect(refused('encodec_24khz', 'encodec_32khz')).toContain('The header is wrong in "m"');
  expect(refused('"nc": 8', '"nc": 33')).toContain('found 33, wanted an integer from 1 to 32');
  expect(refused('"nc": 8', '"nc": 9')).toContain('The file ends too early');
  expect(refused('"nc": 8', '"nc": 7')).toContain('longer than its header says');
  expect(refused('"al": 1000', '"al": 281474976710656')).toContain('The file ends too early');
  expect(refused('"al": 1000', '"al": -1')).toContain('The header is wrong in "al"');
  expect(refused('"al": 1000', '"al": 1e300')).toContain('The header is wrong in "al"');
  expect(refused('"lm": false', '"lm": 0')).toContain('The header is wrong in "lm"');
  expect(refused('{', '[')).toContain('The header is no JSON');
  for (let length = 0; length < bytes.length; length++) {
    expect(failure(() => readEcdc(bytes.subarray(0, length)))).toContain('token-file-invalid');
  }
  const scale = rewritten(fileOf('48khz-4'), 'lm', 'lm');
  new DataView(scale.buffer).setFloat32(readEcdcHeader(scale).sizeBytes, Number.NaN);
  expect(failure(() => readEcdc(scale))).toContain('A scale is not finite');
});

test('spaces and stretches that a file does not hold are refused', () => {
  const [mono, stereo] = [readEcdc(fileOf('24khz-8')), readEcdc(fileOf('48khz-3-three-segments'))];
  const forOther = failure(() => readEcdc(fileOf('24khz-8'), { path: 'a.ecdc', tokenSpace: stereo.tokenSpace }));
  expect(forOther).toContain(
    'argument-invalid: a.ecdc does not hold tokens of rvq:encodec-48khz: found tokens of encodec',
  );
  expect(forOther).toContain('Use the detokenizer rvq:encodec-24khz');
  // Of the same name, and of another shape: what weights of another size are.
  const [first, ...others] = mono.tokenSpace.codebooks;
  const small = { ...mono.tokenSpace, codebooks: [{ ...first!, hopSamples: 64 }, ...others] };
  expect(failure(() => readEcdc(fileOf('24khz-8'), { tokenSpace: small }))).toContain('weights of the published size');
  const other = { ...mono, tokenSpace: { ...mono.tokenSpace, id: 'rvq:mimi' } };
  expect(failure(() => writeEcdc(other))).toContain('argument-invalid');
  expect(failure(() => writeEcdc({ ...mono, tracks: [] }))).toContain('token-grid-invalid');
  const { sideTracks: _, ...scaleless } = stereo;
  expect(failure(() => writeEcdc(scaleless))).toContain('token-grid-invalid: The grid does not say how loud');
  // The first two segments of three, both whole: as a recording of its own the second would be shorter.
  const within = sliceGrid(stereo, 0, 2 * 47_520);
  expect(failure(() => writeEcdc(within))).toContain('ends between two segments');
  expect(readEcdc(writeEcdc(sliceGrid(stereo, 47_520, 96_000))).tracks[0]!.ids.length).toBe(153);
  expect(readEcdc(writeEcdc(takeCodebooks(stereo, 1))).tracks.length).toBe(1);
});

test('whatever bytes it is given, it answers with a valid grid or a typed error, and allocates no more than they hold', () => {
  const read = (bytes: Uint8Array): void => {
    try {
      validateTokenGrid(readEcdc(bytes));
    } catch (error) {
      if (!isSpeechTokensError(error, 'token-file-invalid')) throw error;
    }
  };
  const start = fc.constant(Uint8Array.from([...new TextEncoder().encode('ECDC'), 0]));
  fc.assert(fc.property(fc.uint8Array(), read));
  fc.assert(fc.property(start, fc.uint8Array(), (a, b) => read(Uint8Array.from([...a, ...b]))));
  fc.assert(
    fc.property(fc.constantFrom(...files), fc.nat(), fc.nat(255), ({ bytes }, at, value) => {
      const changed = bytes.slice();
      changed[at % bytes.length] = value;
      read(changed);
    }),
    { numRuns: 500 },
  );
  const fields = fc.record({
    m: fc.oneof(fc.constantFrom('encodec_24khz', 'encodec_48khz'), fc.jsonValue()),
    al: fc.oneof(fc.nat(100_000), fc.maxSafeNat(), fc.jsonValue()),
    nc: fc.oneof(fc.nat(40), fc.jsonValue()),
    lm: fc.oneof(fc.constant(false), fc.jsonValue()),
  });
  fc.assert(
    fc.property(fields, fc.uint8Array({ maxLength: 200 }), (header, body) => {
      const json = new TextEncoder().encode(JSON.stringify(header));
      const bytes = new Uint8Array(9 + json.length + body.length);
      bytes.set(new TextEncoder().encode('ECDC'));
      new DataView(bytes.buffer).setUint32(5, json.length);
      bytes.set(json, 9);
      bytes.set(body, 9 + json.length);
      read(bytes);
    }),
    { numRuns: 500 },
  );
});
