import { expect, test } from 'vitest';
import { viewAfterChange } from './index.ts';

const before = { sampleCount: 1000, sampleRateHz: 8000 };
const view = (startSample: number, endSample: number, selection?: { startSample: number; endSample: number }) => ({
  range: { startSample, endSample },
  playheadSample: 800,
  selection,
  cursor: { group: 0, lane: 0, index: 3 },
  marked: { group: 0, lane: 0, id: 7 },
});

test('a file that grows is looked at from the same place', () => {
  const selection = { startSample: 110, endSample: 180 };
  expect(viewAfterChange(view(100, 200, selection), before, { ...before, sampleCount: 5000 })).toEqual({
    range: { startSample: 100, endSample: 200 },
    playheadSample: 800,
    selection,
    cursor: undefined,
    marked: undefined,
  });
});

test('where all of it was in view, all of it is', () => {
  const after = viewAfterChange(view(0, 1000), before, { ...before, sampleCount: 5000 });
  expect(after?.range).toEqual({ startSample: 0, endSample: 5000 });
});

test('what is not there any more is let go', () => {
  const after = viewAfterChange(view(0, 1000, { startSample: 600, endSample: 900 }), before, {
    ...before,
    sampleCount: 700,
  });
  expect(after).toMatchObject({ selection: undefined, playheadSample: 700, range: { endSample: 700 } });
  expect(viewAfterChange(view(0, 10), before, { ...before, sampleRateHz: 16_000 })).toBeUndefined();
});
