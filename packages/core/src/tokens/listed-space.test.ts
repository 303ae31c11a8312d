import { expect, test } from 'vitest';
import { isListedSpaceId, settleListedSpace } from './listed-space.ts';

test('a name alone stands for every fingerprint of it, a fingerprint for itself', () => {
  expect(isListedSpaceId('rvq:mimi#3fa94c', 'rvq:mimi')).toBe(true);
  expect(isListedSpaceId('rvq:mimi#3fa94c', 'rvq:mimi#3fa94c')).toBe(true);
  expect(isListedSpaceId('rvq:mimi#3fa94c', 'rvq:mimi#3fa94')).toBe(false);
  expect(isListedSpaceId('rvq:mimi-large#3fa94c', 'rvq:mimi')).toBe(false);
  expect(isListedSpaceId('rvq:mimi', 'rvq:mimi#3fa94c')).toBe(false);
});

test('a listed space takes the id of the loaded one that it stands for, and of no other', () => {
  const listed = { id: 'rvq:mimi', sampleRateHz: 24_000, codebooks: [], prefixDecodable: true };
  expect(settleListedSpace(listed, 'rvq:mimi#3fa94c')).toEqual({ ...listed, id: 'rvq:mimi#3fa94c' });
  expect(settleListedSpace(listed, 'rvq:dac-44khz#3fa94c')).toBe(listed);
});
