import type { TokenSpace } from '@speech-tokens/core';
import { heatColour, idColour } from '@speech-tokens/token-view';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPainter } from '../terminal/colour.ts';
import { drawLane } from './draw-lane.ts';
import { drawPicture } from './draw-picture.ts';
import { drawRuler } from './ruler.ts';
import { createSoundOutline } from './sound-outline.ts';
import { createTimeRows } from './time-rows.ts';
import { createTokenLane, type TokenLane } from './token-lane.ts';
import { drawWaveform } from './waveform.ts';

const plain = { columns: 10, painter: createPainter(1), unicode: true };
const everything = { startSeconds: 0, endSeconds: Number.POSITIVE_INFINITY };

describe('createTimeRows', () => {
  it('merges without losing extremes, whatever the number of rows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 200 }),
        fc.nat(),
        fc.nat(),
        (all, a, b) => {
          const rows = createTimeRows(
            2,
            (into, from) => {
              into[0] = Math.min(into[0]!, from[0]!);
              into[1] = Math.max(into[1]!, from[1]!);
            },
            16,
          );
          for (const value of all) rows.add([value, value]);
          expect(rows.count()).toBe(all.length);
          const [start, end] = [a % all.length, (b % all.length) + 1].sort((x, y) => x - y) as [number, number];
          // Rows may span more than was asked for, but never less; and never anything from far away.
          const span = 2 ** Math.max(0, Math.ceil(Math.log2(all.length / 16)));
          const outer = all.slice(Math.floor(start / span) * span, Math.ceil(Math.max(end, start + 1) / span) * span);
          const inner = all.slice(start, end);
          const [low, high] = rows.between(start, end)!;
          expect(low).toBe(Math.min(...outer));
          expect(high).toBe(Math.max(...outer));
          if (inner.length > 0) expect(low).toBeLessThanOrEqual(Math.min(...inner));
          expect(rows.between(all.length + span, all.length + span + 1)).toBeUndefined();
        },
      ),
    );
  });

  it('weighs what it averages by the time that it stands for', () => {
    const rows = createTimeRows(
      1,
      (into, from, intoWeight, fromWeight) => {
        into[0] = (into[0]! * intoWeight + from[0]! * fromWeight) / (intoWeight + fromWeight);
      },
      4,
    );
    const values = [1, 5, 2, 8, 3, 9, 4, 7, 6, 12, 11];
    for (const value of values) rows.add([value]);
    expect(rows.between(0, values.length)![0]).toBeCloseTo(
      values.reduce((sum, value) => sum + value) / values.length,
      5,
    );
  });
});

describe('createSoundOutline', () => {
  const sound = Float32Array.from({ length: 100_000 }, (_, i) => (i === 60_123 ? 0.9 : 0.2 * Math.sin(i / 30)));
  const outlineOf = (window = everything, pieceLength = 100_000): ReturnType<typeof createSoundOutline> => {
    const outline = createSoundOutline(8000, window);
    for (let at = 0; at < sound.length; at += pieceLength) {
      const channels = [sound.subarray(at, at + pieceLength)];
      outline.push({ sampleRateHz: 8000, startSample: at, channels });
    }
    outline.flush();
    return outline;
  };

  it('keeps peaks where they are, in any chunking and window', () => {
    for (const outline of [
      outlineOf(),
      outlineOf(everything, 777),
      outlineOf({ startSeconds: 7, endSeconds: 8 }, 777),
    ]) {
      const at = 60_123 / 8000;
      expect(outline.extremes(at - 0.01, at + 0.01)![1]).toBeCloseTo(0.9, 5);
      expect(outline.extremes(at + 0.1, at + 0.2)![1]).toBeCloseTo(0.2, 2);
      expect(outline.peak()).toBeCloseTo(0.9, 5);
      expect(outline.sampleCount()).toBe(100_000);
      expect(outline.bands(7.5, 7.6)).toHaveLength(outline.bandCount);
    }
    expect(outlineOf().extremes(13, 14)).toBeUndefined();
    expect(outlineOf().bands(13, 14)).toBeUndefined();
    expect(outlineOf({ startSeconds: 1, endSeconds: 2 }).peak()).toBeCloseTo(0.2, 2);
  });

  it('is drawn with its loudest place filling the height, and nothing after its end', () => {
    const lines = drawWaveform(outlineOf(), { startSeconds: 0, endSeconds: 25 }, 3, plain);
    expect(lines).toHaveLength(3);
    expect(lines.map((line) => line.length)).toEqual([4, 5, expect.any(Number)]);
    expect(lines[1]).toMatch(/^[\u2800-\u28ff]{5}$/);
  });
});

const space: TokenSpace = {
  id: 'test:space#1',
  sampleRateHz: 8000,
  codebooks: [
    { name: 'a', size: 1000, hopSamples: 800 },
    { name: 'b', size: 4 },
  ],
  prefixDecodable: false,
};

function laneOf(ids: readonly number[], window = everything, capacity?: number): TokenLane {
  const lane = createTokenLane(space, 0, window, capacity);
  lane.push({ ids: Uint32Array.from(ids) });
  return lane;
}

describe('token lanes', () => {
  it('know the id at every frame within the window', () => {
    const lane = laneOf([5, 6, 7, 8, 9], { startSeconds: 0.15, endSeconds: 0.35 });
    expect([0, 1, 2, 3, 4, 5].map(lane.idAt)).toEqual([undefined, 6, 7, 8, undefined, undefined]);
  });

  it('keep every 2nd, 4th, … frame where there are too many', () => {
    const lane = laneOf(
      Array.from({ length: 5000 }, (_, i) => i % 1000),
      everything,
      1024,
    );
    expect(lane.framesPerEntry()).toBe(8);
    for (const frame of [0, 7, 8, 1023, 4999]) expect(lane.idAt(frame)).toBe((Math.floor(frame / 8) * 8) % 1000);
    expect(lane.idAt(5000)).toBeUndefined();
  });

  it('repeat ids for as long as they last', () => {
    const lane = createTokenLane(space, 0, everything);
    lane.push({ ids: Uint32Array.of(3, 4), durationsFrames: Uint32Array.of(2, 1) });
    expect([0, 1, 2, 3].map(lane.idAt)).toEqual([3, 3, 4, undefined]);
  });

  it('are drawn as letters without colours, as blocks with, as numbers where wide', () => {
    const lane = laneOf([0, 0, 11, 61, 62]);
    const window = { startSeconds: 0, endSeconds: 0.5 };
    expect(drawLane(lane, window, plain)).toBe('0000bbZZ00');
    expect(drawLane(lane, window, { ...plain, columns: 40 })).toBe('0······ 0······ 11····· 61····· 62·····');
    const coloured = drawLane(lane, window, { ...plain, painter: createPainter(24) });
    const [red, green, blue] = idColour(11, { index: 0, count: 2 });
    expect(coloured).toContain(`48;2;${red};${green};${blue}m `);
    expect(drawLane(lane, { startSeconds: 0, endSeconds: 1 }, plain)).toBe('00bZ0');
  });

  it('say so where tokens have no place in time', () => {
    const lane = createTokenLane(space, 1, everything);
    lane.push({ ids: Uint32Array.of(1, 2) });
    expect(drawLane(lane, { startSeconds: 0, endSeconds: 1 }, plain)).toMatch(/no clock/);
  });
});

describe('drawRuler', () => {
  it.each([
    [0, 1, 40, '╵0.0 s    ╵0.5 s'],
    [1, 1.3, 60, '╵1.0 s              ╵1.1 s              ╵1.2 s'],
    [0, 7200, 40, '╵0 s                ╵1:00:00'],
  ])('marks round times between %d and %d s on %d columns', (startSeconds, endSeconds, columns, wanted) => {
    const ruler = drawRuler({ startSeconds, endSeconds }, { ...plain, columns });
    expect(ruler.length).toBeLessThanOrEqual(columns);
    for (const mark of wanted.split(/\s+(?=╵)/)) expect(ruler).toContain(mark);
  });

  it('puts marks where the times are', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 5000, noNaN: true }),
        fc.double({ min: 0.05, max: 9000, noNaN: true }),
        (start, length) => {
          const columns = 100;
          const ruler = drawRuler({ startSeconds: start, endSeconds: start + length }, { ...plain, columns });
          for (const { index, 1: text } of ruler.matchAll(/╵([\d:.]+)/g)) {
            const seconds = text!.split(':').reduce((total, part) => 60 * total + Number(part), 0);
            expect(Math.abs(((seconds - start) / length) * columns - index!)).toBeLessThan(1 + (60 / length) * 0.01);
          }
        },
      ),
    );
  });
});

describe('colours', () => {
  it('tell ids of one codebook apart, and lanes from each other', () => {
    const colours = Array.from({ length: 1024 }, (_, id) => idColour(id, { index: 2, count: 8 }).join());
    expect(new Set(colours).size).toBeGreaterThan(900);
    expect(idColour(7, { index: 0, count: 8 })).not.toEqual(idColour(7, { index: 1, count: 8 }));
    for (const [red, green, blue] of [
      idColour(3, { index: 0, count: 1 }),
      heatColour(-1),
      heatColour(0.4),
      heatColour(9),
    ]) {
      for (const part of [red, green, blue]) expect(Number.isInteger(part) && part >= 0 && part <= 255).toBe(true);
    }
  });
});

describe('drawPicture', () => {
  it('keeps to the width, with everything on one axis', () => {
    for (const width of [20, 61, 200]) {
      const lane = laneOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      const capabilities = { isTerminal: false, colourDepth: 1, width, unicode: true } as const;
      const window = { startSeconds: 0, endSeconds: 1 };
      const lines = drawPicture({ groups: [{ heading: 'x', lanes: [lane] }], window }, capabilities, createPainter(1));
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
      expect(lines).toHaveLength(3);
    }
  });
});
