import { expect, test } from 'vitest';
import { fileFingerprint } from './file-fingerprint.ts';

test('a fingerprint changes with every file, with their order, and with every setting', () => {
  const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];
  const all = [
    fileFingerprint([a, b]),
    fileFingerprint([b, a]),
    fileFingerprint([a]),
    fileFingerprint([a, b], [6, null]),
    fileFingerprint([a, b], [7, null]),
  ];
  expect(new Set(all).size).toBe(all.length);
  for (const found of all) expect(found).toMatch(/^[0-9a-f]{12}$/);
  // Token files name spaces by it: what it is must never change.
  expect(all[0]).toBe('10b88f6109ff');
  expect(all[3]).toBe('c3c462e7fd29');
});
