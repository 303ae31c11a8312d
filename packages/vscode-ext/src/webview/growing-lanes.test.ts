import { type TokenLane, tokenAt } from '@speech-tokens/token-view';
import { expect, test } from 'vitest';
import { createGrowingLanes } from './growing-lanes.ts';

const lane = (ids: readonly number[], firstSample: number, boundaries?: readonly number[]): TokenLane => ({
  name: 'codes',
  size: 100,
  ids: Uint32Array.from(ids),
  firstSample,
  hopSamples: 10,
  ...(boundaries === undefined ? {} : { boundaries: Float64Array.from(boundaries) }),
});

test('a lane stays the same object, and has what came', () => {
  const { lanes, append } = createGrowingLanes([lane([1, 2], 0), lane([7], 0)]);
  const [first, second] = lanes as [TokenLane, TokenLane];
  for (let i = 0; i < 100; i++) append([lane([3 + i, 4], 20 + 20 * i), lane([8], 10 + 10 * i)]);
  expect(first.ids).toHaveLength(202);
  expect([...first.ids.subarray(0, 6)]).toEqual([1, 2, 3, 4, 4, 4]);
  expect(second.ids).toHaveLength(101);
  expect(tokenAt(first, 2019)).toBe(201);
  expect(tokenAt(first, 2020)).toBeUndefined();
});

test('tokens that last differently long stay at their places', () => {
  const { lanes, append } = createGrowingLanes([lane([1, 2], 0, [0, 30, 50])]);
  append([lane([3, 4, 5], 50, [50, 55, 70, 90])]);
  append([lane([6], 90, [90, 100])]);
  expect([...lanes[0]!.boundaries!]).toEqual([0, 30, 50, 55, 70, 90, 100]);
  expect([...lanes[0]!.ids]).toEqual([1, 2, 3, 4, 5, 6]);
  expect(tokenAt(lanes[0]!, 60)).toBe(3);
});
