import { createRandom } from '@speech-tokens/core';
import { describe, expect, test } from 'vitest';
import { heatColour, idColour } from '../src/colours/colours.ts';
import { drawLane } from '../src/draw/draw-lane.ts';
import { drawSpectrograms } from '../src/draw/draw-spectrogram.ts';
import type { Surface } from '../src/draw/surface.ts';
import { frequencyScales, type Spectrogram, type TokenLane } from '../src/index.ts';
import { binsOfRows } from '../src/spectrogram/frequency-scale.ts';
import { rowLevelsOf } from '../src/spectrogram/row-levels.ts';

// What is put on canvases, without a browser.

/** `[height][width]` of what is drawn where a sample is as wide as half a pixel: `0xAABBGGRR`. */
function drawn(width: number, height: number, draw: (surface: Surface) => void): readonly (readonly number[])[] {
  const pixels = new Uint32Array(width * height);
  draw({
    width,
    height,
    scale: 1,
    context: {},
    theme: {},
    range: { startSample: 0, endSample: 2 * width },
    putPixels: (paint) => paint({ width, height, pixels }),
  } as Surface);
  return Array.from({ length: height }, (_, y) => [...pixels.subarray(y * width, (y + 1) * width)]);
}

const packed = ([red, green, blue]: readonly [number, number, number], alpha = 255): number =>
  red + green * 0x100 + blue * 0x10000 + alpha * 0x1000000;

const even = (level: number, firstSample: number, sampleCount: number): Spectrogram => ({
  sampleRateHz: 16_000,
  firstSample,
  sampleCount,
  hopSamples: 2,
  binCount: 8,
  levels: new Uint8Array(4 * sampleCount).fill(level),
  floorDb: -90,
});

describe('spectrograms', () => {
  test('the last one that covers a place is shown there, and nothing where none does', () => {
    const parts = [even(50, 0, 30), even(100, 10, 10), even(200, 16, 4)];
    for (const row of drawn(20, 4, (surface) => drawSpectrograms(surface, parts, 'mel'))) {
      const levels = row.map((pixel) =>
        pixel === 0 ? 0 : [50, 100, 200].find((level) => packed(heatColour(level / 255)) === pixel),
      );
      const wanted = [...Array(5).fill(50), ...Array(3).fill(100), 200, 200, ...Array(5).fill(50), ...Array(5).fill(0)];
      expect(levels).toEqual(wanted);
    }
  });

  test('rows show the loudest of their bins, at every height and scale', () => {
    const random = createRandom('rows');
    const levels = Uint8Array.from({ length: 5 * 64 }, () => random.nextInteger(256));
    const spectrogram: Spectrogram = { ...even(0, 0, 10), binCount: 64, levels };
    for (const scale of frequencyScales) {
      for (const rowCount of [3, 100]) {
        const rows = rowLevelsOf(spectrogram, rowCount, scale);
        expect(rows.columnCount).toBe(5);
        for (const [row, [low, high]] of binsOfRows(rowCount, 64, scale, 16_000).entries()) {
          for (let column = 0; column < 5; column++) {
            const loudest = Math.max(...levels.subarray(64 * column + low, 64 * column + high));
            expect(rows.levels[5 * row + column]).toBe(loudest);
          }
        }
      }
    }
  });
});

describe('lanes', () => {
  const place = { index: 1, count: 3 };
  const lane = (ids: readonly number[], hopSamples: number): TokenLane => ({
    name: 'codes',
    size: 100,
    ids: Uint32Array.from(ids),
    firstSample: 0,
    hopSamples,
  });
  const row = (tokens: TokenLane, markedId?: number): readonly number[] => {
    const [first, ...others] = drawn(20, 3, (surface) =>
      drawLane(surface, tokens, place, { markedId, cursor: undefined }),
    );
    for (const other of others) expect(other).toEqual(first);
    return first!;
  };
  const pixel = (id: number, alpha?: number): number => packed(idColour(id, place), alpha);

  test('tokens that are wide enough stand apart, and narrower ones touch', () => {
    // 5 pixels each; then 4.
    const wide = [1, 2].flatMap((id) => [...Array(4).fill(pixel(id)), 0]);
    expect(row(lane([1, 2], 10))).toEqual([...wide, ...Array(10).fill(0)]);
    const narrow = [1, 2, 3].flatMap((id) => Array(4).fill(pixel(id)));
    expect(row({ ...lane([1, 2, 3], 8) })).toEqual([...narrow, ...Array(8).fill(0)]);
  });

  test('of more tokens than pixels, each shows the one at its middle, or a use of the marked id', () => {
    const ids = Array.from({ length: 80 }, (_, i) => i);
    expect(row(lane(ids, 0.5))).toEqual(Array.from({ length: 20 }, (_, x) => pixel(4 * x + 2)));
    const marked = row(lane(ids, 0.5), 5);
    expect(marked[1]).toBe(pixel(5));
    expect(marked[2]).toBe(pixel(10, Math.round(0.18 * 255)));
  });
});
