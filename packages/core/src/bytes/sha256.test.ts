import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from './sha256.ts';

test('is that of Node.js, for all lengths around the ends of blocks', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(7), (whole, skipped) => {
      const bytes = whole.subarray(Math.min(skipped, whole.length));
      expect(sha256(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
    }),
    { numRuns: 300 },
  );
  const long = Uint8Array.from({ length: 100_003 }, (_, index) => index * 31);
  expect(sha256(long)).toBe(createHash('sha256').update(long).digest('hex'));
});
