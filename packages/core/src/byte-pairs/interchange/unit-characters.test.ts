import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkUnitCharacters, type UnitCharacters, unitsFromText, unitsToText } from './unit-characters.ts';

const ids = (...values: number[]) => Uint32Array.from(values);

test('unit u is the character U+4E00 + u, as in ESPnet and codec-bpe', () => {
  expect(unitsToText(ids(0, 1, 499), { unitCount: 500 })).toBe('\u4e00\u4e01\u4ff3');
  expect(unitsFromText('\u4e00\u4e01\u4ff3', { unitCount: 500 })).toEqual(ids(0, 1, 499));
  expect(unitsToText(ids(), { unitCount: 1 })).toBe('');
});

test('text gives any units back, below and beyond 16 bits', () => {
  const ranges = fc.constantFrom<UnitCharacters>(
    { unitCount: 35_328 },
    { unitCount: 2 },
    { unitCount: 1_056_768, firstCodePoint: 0xe000 },
  );
  fc.assert(
    fc.property(ranges, fc.array(fc.nat(2 ** 21)), (characters, draws) => {
      const units = Uint32Array.from(draws, (draw) => draw % characters.unitCount);
      expect(unitsFromText(unitsToText(units, characters), characters)).toEqual(units);
    }),
  );
  const long = Uint32Array.from({ length: 100_000 }, (_, index) => index % 35_328);
  expect(unitsFromText(unitsToText(long, { unitCount: 35_328 }), { unitCount: 35_328 })).toEqual(long);
});

describe('the range of characters', () => {
  test('is told beyond the CJK block', () => {
    expect(checkUnitCharacters({ unitCount: 20_992 })).toEqual([]);
    const [warning] = checkUnitCharacters({ unitCount: 20_993 });
    expect(warning).toMatchObject({ code: 'beyond-cjk' });
    expect(warning?.message).toMatch(/^Units from 20992 on .* \(U\+A000 to U\+A000\)/);
    expect(checkUnitCharacters({ unitCount: 35_328 })).toHaveLength(1);
  });

  test.each<[string, UnitCharacters, string, RegExp]>([
    [
      'surrogates',
      { unitCount: 35_329 },
      'unitCount',
      /reach the surrogates: found 35329 units from U\+4E00 on, wanted at most 35328, up to U\+D7FF.*U\+E000/,
    ],
    ['surrogates at once', { unitCount: 1, firstCodePoint: 0xd800 }, 'unitCount', /do not all have a character/],
    [
      'the end of Unicode',
      { unitCount: 1_056_769, firstCodePoint: 0xe000 },
      'unitCount',
      /wanted characters of U\+E000 to U\+10FFFF/,
    ],
    [
      'a letter',
      { unitCount: 1, firstCodePoint: 0x41 },
      'firstCodePoint',
      /found 65, wanted an integer of at least U\+4E00/,
    ],
    ['a fraction', { unitCount: 1, firstCodePoint: 20_000.5 }, 'firstCodePoint', /found 20000.5/],
    ['no units', { unitCount: 0 }, 'unitCount', /found 0, wanted at least 1/],
  ])('ends before %s', (_name, characters, argument, message) => {
    for (const call of [
      checkUnitCharacters,
      () => unitsToText(ids(), characters),
      () => unitsFromText('', characters),
    ]) {
      expect(() => call(characters)).toThrow(
        expect.objectContaining({
          code: 'argument-invalid',
          details: { argument },
          message: expect.stringMatching(message) as string,
        }),
      );
    }
  });
});

test('what stands for no unit is refused', () => {
  expect(() => unitsToText(ids(0, 5), { unitCount: 5 })).toThrow(
    /A unit has no character: found 5 at 1, wanted 0 to 4/,
  );
  expect(() => unitsFromText('\u4e00\u4e05', { unitCount: 5 })).toThrow(
    /found U\+4E05 at 1, wanted U\+4E00 to U\+4E04/,
  );
  expect(() => unitsFromText('\u4e00 \u4e01', { unitCount: 5 })).toThrow(/found U\+0020 at 1/);
  expect(() => unitsFromText('\ud800', { unitCount: 5 })).toThrow(/found U\+D800 at 0/);
});
