import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addDims, type Dim, dimsEqual, divideDim, floorDivideDim, formatDim, multiplyDim } from './dim.ts';

const dims = fc.oneof(
  fc.integer({ min: -99, max: 99 }),
  fc.record({ symbol: fc.constant('n'), times: fc.integer({ min: 1, max: 9 }), plus: fc.integer({ min: -9, max: 9 }) }),
);
const at = (dim: Dim, n: number): number => (typeof dim === 'number' ? dim : dim.times * n + dim.plus);

test('sums, products and quotients hold for every value of the symbol', () => {
  fc.assert(
    fc.property(dims, dims, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 50 }), (a, b, factor, n) => {
      expect(at(addDims(a, b)!, n)).toBe(at(a, n) + at(b, n));
      expect(at(multiplyDim(a, factor), n)).toBe(at(a, n) * factor);
      expect(dimsEqual(divideDim(multiplyDim(a, factor), factor)!, a)).toBe(true);
    }),
  );
});

test('quotients rounded down hold for every value of the symbol', () => {
  fc.assert(
    fc.property(dims, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 50 }), (a, divisor, n) => {
      const quotient = floorDivideDim(a, divisor);
      fc.pre(quotient !== undefined);
      expect(at(quotient!, n)).toBe(Math.floor(at(a, n) / divisor));
    }),
  );
  expect(floorDivideDim({ symbol: 'n', times: 3, plus: 0 }, 2)).toBeUndefined();
});

test('what has no form of this kind is refused', () => {
  expect(addDims({ symbol: 'n', times: 1, plus: 0 }, { symbol: 'm', times: 1, plus: 0 })).toBeUndefined();
  expect(divideDim({ symbol: 'n', times: 2, plus: 1 }, 2)).toBeUndefined();
  expect(divideDim(7, 2)).toBeUndefined();
});

test('lengths that differ for some value are not equal', () => {
  expect(dimsEqual({ symbol: 'n', times: 2, plus: 0 }, { symbol: 'n', times: 2, plus: 1 })).toBe(false);
  expect(dimsEqual({ symbol: 'n', times: 1, plus: 0 }, 4)).toBe(false);
  expect(formatDim({ symbol: 'n', times: 320, plus: -480 })).toBe('320*n-480');
});
