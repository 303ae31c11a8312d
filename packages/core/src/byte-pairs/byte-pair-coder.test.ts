import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyMerges, encodeNaively } from '../../test/support/naive-byte-pairs.ts';
import { createRandom } from '../random/seeded-random.ts';
import { createBytePairCoder } from './byte-pair-coder.ts';
import type { BytePairMerges } from './byte-pair-merges.ts';

const ids = (...values: number[]) => Uint32Array.from(values);
const mergesOf = (unitCount: number, ...pairs: number[]): BytePairMerges => ({ unitCount, pairs: ids(...pairs) });
const sequences = (bound: number) =>
  fc.array(
    fc.tuple(fc.nat(bound - 1), fc.integer({ min: 1, max: 4 })).map(([id, times]) => Array<number>(times).fill(id)),
    { maxLength: 25 },
  );

describe('encode', () => {
  test('applies merges by rank, wherever they fit', () => {
    const coder = createBytePairCoder(mergesOf(3, 1, 2, 0, 1, 0, 3));
    // 1 2 comes first, so that 0 1 finds nothing in the first four units.
    expect(coder.encode(ids(0, 1, 2, 0, 1, 0))).toEqual(ids(5, 4, 0));
    expect(coder.encode(ids())).toEqual(ids());
    expect(coder.encode(ids(2))).toEqual(ids(2));
  });

  test('goes from left to right where a pair overlaps itself', () => {
    const coder = createBytePairCoder(mergesOf(1, 0, 0, 1, 1, 1, 0));
    expect(coder.encode(ids(0, 0, 0))).toEqual(ids(3));
    expect(coder.encode(ids(0, 0, 0, 0, 0, 0, 0))).toEqual(ids(2, 3));
  });

  test('gives what merging the first pair by rank again and again gives, and decode gives it back', () => {
    fc.assert(
      fc.property(
        anyMerges.chain((merges) => fc.tuple(fc.constant(merges), sequences(merges.unitCount))),
        ([merges, parts]) => {
          const units = parts.flat();
          const coder = createBytePairCoder(merges);
          const encoded = coder.encode(Uint32Array.from(units));
          expect([...encoded]).toEqual(encodeNaively(merges, units));
          expect([...coder.decode(encoded)]).toEqual(units);
          expect([...encoded].reduce((total, id) => total + coder.lengthOf(id), 0)).toBe(units.length);
          // Nothing is left over from the call before.
          expect(coder.encode(Uint32Array.from(units))).toEqual(encoded);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('takes an hour of units at once', () => {
    const random = createRandom('hour');
    const units = Uint32Array.from({ length: 180_000 }, () => random.nextInteger(4));
    const pairs = [0, 0, 1, 1, 2, 2, 3, 3, 0, 1, 4, 4, 8, 5, 2, 3, 9, 9, 11, 6];
    const coder = createBytePairCoder(mergesOf(4, ...pairs));
    const encoded = coder.encode(units);
    expect(encoded.length).toBeLessThan(130_000);
    expect(coder.decode(encoded)).toEqual(units);
  });
});

describe('decode', () => {
  test('takes any ids, also such as encode never gives', () => {
    fc.assert(
      fc.property(anyMerges, fc.array(fc.nat()), (merges, draws) => {
        const coder = createBytePairCoder(merges);
        const any = draws.map((draw) => draw % coder.vocabularySize);
        const unitsOf = (id: number): number[] => {
          if (id < merges.unitCount) return [id];
          const row = 2 * (id - merges.unitCount);
          return [...unitsOf(merges.pairs[row]!), ...unitsOf(merges.pairs[row + 1]!)];
        };
        expect([...coder.decode(Uint32Array.from(any))]).toEqual(any.flatMap(unitsOf));
      }),
    );
  });

  test('refuses more units than fit into memory', () => {
    // Each token is the one before it twice: 65,536 units at last.
    const coder = createBytePairCoder(mergesOf(1, ...Array.from({ length: 32 }, (_, index) => index >> 1)));
    expect(coder.lengthOf(16)).toBe(65_536);
    expect(() => coder.decode(new Uint32Array(5000).fill(16))).toThrow(
      /stand for too many units: found 327680000, wanted at most 268435456/,
    );
  });
});

test('a coder keeps merges of its own, named by their hash', () => {
  const merges = mergesOf(3, 1, 2, 0, 1);
  const coder = createBytePairCoder(merges);
  const bytes = Buffer.from(Uint32Array.of(3, 1, 2, 0, 1).buffer);
  expect(coder.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  expect(coder.vocabularySize).toBe(5);
  merges.pairs.fill(0);
  expect(coder.encode(ids(1, 2))).toEqual(ids(3));
  expect(coder.decode(ids(3))).toEqual(ids(1, 2));
  expect(coder.merges.pairs).toEqual(ids(1, 2, 0, 1));
});

test('ids out of range are refused', () => {
  const coder = createBytePairCoder(mergesOf(3, 1, 2));
  expect(() => coder.encode(ids(0, 3))).toThrow(/A unit is not one of those .*found 3 at 1, wanted 0 to 2/);
  expect(() => coder.encode([0, 1] as never)).toThrow('integers: found a list, wanted a Uint32Array');
  expect(() => coder.decode(ids(3, 4))).toThrow(/An id has no token: found 4 at 1, wanted 0 to 3/);
});

describe('merges that are none', () => {
  const chain = Array.from({ length: 34 }, (_, index) => index >> 1);
  test.each<[string, unknown, RegExp]>([
    ['null', null, /how many units there are: found undefined/],
    ['no units', mergesOf(0), /found 0, wanted 1 to/],
    ['too many units', mergesOf(2 ** 24), /found 16777216, wanted 1 to 16777215/],
    ['a list', { unitCount: 3, pairs: [1, 2] }, /hold no pairs: found a list/],
    ['half a pair', mergesOf(3, 1, 2, 0), /found 1.5 pairs/],
    ['too many pairs', { unitCount: 3, pairs: new Uint32Array(2 * (2 ** 20 + 1)) }, /at most 1048576/],
    [
      'a token before it is made',
      mergesOf(3, 1, 4, 0, 1),
      /Merge 0 is of a token that is not there yet: found 1 and 4/,
    ],
    ['a token of itself', mergesOf(3, 3, 0), /Merge 0 .*found 3 and 0, wanted ids of 0 to 2/],
    ['a pair that is there twice', mergesOf(3, 1, 2, 0, 1, 1, 2), /A pair merges twice: found 1 and 2 at 0 and 2/],
    ['a token that is too long', mergesOf(1, ...chain), /Merge 16 makes too long a token: found 131072 units/],
  ])('%s', (_name, merges, message) => {
    expect(() => createBytePairCoder(merges as BytePairMerges)).toThrow(
      expect.objectContaining({ code: 'merges-invalid', message: expect.stringMatching(message) as string }),
    );
  });

  test('never fail otherwise', () => {
    const pairs = fc.oneof(fc.anything(), fc.uint32Array({ maxLength: 8, max: 6 }), fc.uint32Array({ maxLength: 8 }));
    fc.assert(
      fc.property(
        fc.oneof(fc.anything(), fc.record({ unitCount: fc.oneof(fc.nat(4), fc.anything()), pairs })),
        (value) => {
          try {
            createBytePairCoder(value as BytePairMerges);
          } catch (error) {
            expect(error).toMatchObject({ code: 'merges-invalid' });
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
