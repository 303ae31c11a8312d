import type { TokenGrid } from '@speech-tokens/core';
import { expect, test } from 'vitest';
import { csmPrompt, isCsmEnd } from './csm-prompt.ts';

const textIds = (text: string): number[] => [100, ...[...text].map((c) => c.charCodeAt(0)), 101];
const grid = (...tracks: number[][]): TokenGrid => ({
  tokenSpace: { id: 'rvq:mimi', sampleRateHz: 24_000, codebooks: [], prefixDecodable: true },
  startSample: 0,
  sampleCount: 1920 * tracks[0]!.length,
  tracks: tracks.map((ids) => ({ ids: Uint32Array.from(ids) })),
});
const rowsOf = (joined: Int32Array, width: number): number[][] =>
  Array.from({ length: joined.length / width }, (_, i) => [...joined.subarray(i * width, (i + 1) * width)]);

test('a conversation is text, frames, a frame of zeros, and the next text', () => {
  const segments = [
    { speaker: 0, text: 'a', audio: grid([0, 7], [8, 0]) },
    { speaker: 1, text: '' },
  ];
  expect(rowsOf(csmPrompt(segments, textIds, 2), 3)).toEqual([
    ...[100, 91, 48, 93, 97, 101].map((id) => [-1, -1, id]),
    [0, 8, -1],
    [7, 0, -1],
    [0, 0, -1],
    ...[100, 91, 49, 93, 101].map((id) => [-1, -1, id]),
  ]);
});

test('a frame of zeros ends, one with a zero does not', () => {
  expect(isCsmEnd(Int32Array.of(0, 0, -1), 2)).toBe(true);
  expect(isCsmEnd(Int32Array.of(0, 3, -1), 2)).toBe(false);
});

test('a sound of too few codebooks is refused', () => {
  expect(() => csmPrompt([{ speaker: 0, text: '', audio: grid([1]) }], textIds, 2)).toThrow('too few codebooks');
});
