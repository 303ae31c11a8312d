import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, nearestNames } from './nearest-names.ts';

test.each([
  ['', '', 0],
  ['abc', '', 3],
  ['abc', 'abc', 0],
  ['abc', 'acb', 1],
  ['kitten', 'sitting', 3],
  ['rvq:speech', 'rqv:speech', 1],
])('from %j to %j it takes %i', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
});

test('the distance is symmetric, bounded by the lengths, and zero only for equals', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(distance === 0).toBe(a === b);
    }),
  );
});

test('one edit is one', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.nat(), (text, at) => {
      const index = at % text.length;
      expect(editDistance(text, text.slice(0, index) + text.slice(index + 1))).toBe(1);
    }),
  );
});

test('suggests what is near, nearest first, and nothing that is far', () => {
  const names = ['rvq:speech-16khz', 'rvq:speech-24khz', 'mimi:v1', 'hubert:base-l9'];
  expect(nearestNames('rvq:speech-16kz', names)).toEqual(['rvq:speech-16khz', 'rvq:speech-24khz']);
  expect(nearestNames('Mimi', names)).toEqual(['mimi:v1']);
  expect(nearestNames('wavlm:large', names)).toEqual([]);
  expect(nearestNames('', names)).toEqual([]);
});
