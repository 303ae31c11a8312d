import type { TokenLane } from '@speech-tokens/token-view';
import { expect, test } from 'vitest';
import { createGrowingLanes } from '../webview/growing-lanes.ts';
import { cutLanes } from './cut-lanes.ts';

test('parts put together are the lanes, whatever their clocks', () => {
  const ids = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => (7 * i) % 100);
  const lanes: readonly TokenLane[] = [
    { name: 'slow', size: 100, ids: ids(50), firstSample: 5, hopSamples: 40 },
    { name: 'fast', size: 100, ids: ids(203), firstSample: 5, hopSamples: 10 },
    {
      name: 'uneven',
      size: 100,
      ids: ids(30),
      firstSample: 5,
      hopSamples: 1,
      boundaries: Float64Array.from({ length: 31 }, (_, i) => 5 + i * i),
    },
  ];
  const [first, ...rest] = [...cutLanes(lanes, 40)];
  expect(rest).toHaveLength(7);
  const growing = createGrowingLanes(first!);
  for (const part of rest) growing.append(part);
  expect(growing.lanes).toEqual(lanes);
  expect([...cutLanes(lanes, 1000)]).toEqual([lanes]);
});
