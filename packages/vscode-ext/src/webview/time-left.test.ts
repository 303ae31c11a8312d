import { expect, test } from 'vitest';
import { timeLeftText } from './time-left.ts';

test('the time left follows from the share that is done', () => {
  expect(timeLeftText(10_000, 0.5)).toBe('10 s left');
  expect(timeLeftText(10_000, 0.1)).toBe('2 min left');
  expect(timeLeftText(100_000, 0.01)).toBe('2.8 h left');
});

test('nothing is said too early, or at the end', () => {
  expect([timeLeftText(100, 0.5), timeLeftText(10_000, 0), timeLeftText(10_000, 1)]).toEqual(['', '', '']);
});
