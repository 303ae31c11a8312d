import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance } from './edit-distance.ts';

/** The textbook table. */
function byTable(a: readonly number[], b: readonly number[]): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}

describe('editDistance', () => {
  it('equals the table', () => {
    const ids = fc.array(fc.nat({ max: 3 }), { maxLength: 60 });
    fc.assert(
      fc.property(ids, ids, (a, b) => {
        expect(editDistance(Uint32Array.from(a), b)).toBe(byTable(a, b));
      }),
      { numRuns: 500 },
    );
  });

  it('finds few edits in long sequences', () => {
    const a = Uint32Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 500);
    const b = [...a.subarray(0, 50_000), 501, ...a.subarray(50_000, 120_000), ...a.subarray(120_002)];
    b[1000] = 777;
    expect(editDistance(a, b)).toBe(4);
  });

  it('stops beyond the largest distance asked for', () => {
    const ids = fc.array(fc.nat({ max: 2 }), { maxLength: 20 });
    fc.assert(
      fc.property(ids, ids, fc.nat({ max: 12 }), (a, b, maximumDistance) => {
        const distance = byTable(a, b);
        expect(editDistance(a, b, { maximumDistance })).toBe(distance <= maximumDistance ? distance : undefined);
      }),
      { numRuns: 300 },
    );
    expect(() => editDistance([1], [2], { maximumDistance: -1 })).toThrow(/0 or more/);
    expect(() => editDistance([1], [2], { maximumDistance: Number.NaN })).toThrow(/0 or more/);
  });
});
