import { isSpeechTokensError, joinGrids, type TokenGrid } from '@speech-tokens/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dac, gridOf, llasa, orpheus, outetts, snac, snacBlocksFlat, stepAudio } from '../../test/support/spaces.ts';
import type { FlatLayout } from './flat-layout.ts';
import { flatPattern } from './flat-layout.ts';
import { createFlatReader, type FlatPart } from './flat-reader.ts';
import { flatIds } from './flat-writer.ts';

/** Speech ids from 0 on: id 0 is speech like any other. */
const bare: FlatLayout = { ...llasa, slots: [{ codebook: 0, frame: 0, idOffset: 0 }], boundaryIds: [] };
const layouts = { orpheus, llasa, outetts, stepAudio, snacBlocksFlat, bare };
const anyLayout = fc.constantFrom(...(Object.keys(layouts) as (keyof typeof layouts)[]));
const withText = anyLayout.filter((name) => name !== 'bare');

/** Pushes ids in pieces of the given sizes, over and over; then ends. */
function read(layout: FlatLayout, ids: Uint32Array, sizes: readonly number[] = [ids.length || 1]): FlatPart[] {
  const reader = createFlatReader(layout);
  const parts: FlatPart[] = [];
  for (let at = 0, i = 0; at < ids.length; i++) {
    const piece = ids.subarray(at, at + (sizes[i % sizes.length] as number));
    parts.push(...reader.push(piece));
    at += piece.length;
  }
  return [...parts, ...reader.flush()];
}

const gridsOf = (parts: readonly FlatPart[]): TokenGrid[] =>
  parts.flatMap((part) => (part.kind === 'grid' ? [part.grid] : []));
const idsOf = (parts: readonly FlatPart[], kind: 'other' | 'broken'): number[] =>
  parts.flatMap((part) => (part.kind === kind ? [...part.ids] : []));

/** Grids joined, and ids in order: what must not depend on how a sequence was cut. */
const summary = (parts: readonly FlatPart[]) => {
  const grids = gridsOf(parts);
  return {
    grid: grids.length === 0 ? undefined : joinGrids(grids),
    other: idsOf(parts, 'other'),
    broken: idsOf(parts, 'broken'),
  };
};

const randomGrid = (layout: FlatLayout, seed: number, patterns: number): TokenGrid => {
  const { codebookCount, patternSamples } = flatPattern(layout);
  // Code 0 is frequent: it is a code like any other.
  const code = (codebook: number, frame: number): number => {
    const size = layout.tokenSpace.codebooks[codebook]?.size as number;
    return (seed + codebook + frame) % 3 === 0 ? 0 : (seed * 31 + codebook * 17 + frame * 7) % size;
  };
  return gridOf(layout.tokenSpace, codebookCount, patterns * patternSamples, code);
};

describe('a flat layout', () => {
  test('gives a grid back as it was, however the ids are cut', () => {
    fc.assert(
      fc.property(
        anyLayout,
        fc.nat(100),
        fc.nat(9),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        (name, seed, patterns, sizes) => {
          const layout = layouts[name];
          const grid = randomGrid(layout, seed, patterns);
          const ids = flatIds(layout, grid);
          expect(ids.length).toBe(patterns * layout.slots.length);
          const { grid: back, other, broken } = summary(read(layout, ids, sizes));
          expect([other, broken]).toEqual([[], []]);
          if (patterns > 0) expect(back).toEqual(grid);
          else expect(back).toBeUndefined();
        },
      ),
    );
  });

  test('hands on every id that is no speech, in its place, and loses none', () => {
    fc.assert(
      fc.property(
        withText,
        fc.array(fc.oneof(fc.integer({ min: 4, max: 9 }), fc.constant(-1)), { maxLength: 80 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (name, plan, sizes) => {
          const layout = layouts[name];
          const speech = flatIds(layout, randomGrid(layout, 5, 20));
          let next = 0;
          const ids = Uint32Array.from(plan.map((id) => (id < 0 ? (speech[next++ % speech.length] as number) : id)));
          const parts = read(layout, ids, sizes);
          expect(idsOf(parts, 'other')).toEqual(plan.filter((id) => id >= 0));
          const written = gridsOf(parts).reduce((count, grid) => count + flatIds(layout, grid).length, 0);
          expect(written + idsOf(parts, 'broken').length + idsOf(parts, 'other').length).toBe(ids.length);
          expect(summary(parts)).toEqual(summary(read(layout, ids)));
        },
      ),
    );
  });

  test('gives frames out as soon as they are complete', () => {
    const reader = createFlatReader(orpheus);
    const ids = flatIds(orpheus, randomGrid(orpheus, 1, 2));
    const counts = [...ids].map((id) => reader.push([id]).length);
    expect(counts).toEqual([0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]);
  });

  test('holds frames back until the space can be cut', () => {
    const reader = createFlatReader(snacBlocksFlat);
    const ids = flatIds(snacBlocksFlat, randomGrid(snacBlocksFlat, 1, 5));
    const given = [...ids].flatMap((id, index) => (reader.push([id]).length > 0 ? [index] : []));
    expect(given).toEqual([4 * 15 - 1]);
    expect(gridsOf(reader.flush())[0]).toMatchObject({ startSample: 4 * 3072, sampleCount: 3072 });
  });

  test('has the ids of Orpheus', () => {
    const grid = gridOf(snac, 3, 2048, (codebook, frame) => 100 * codebook + frame);
    const codes = [0, 100, 200, 201, 101, 202, 203];
    expect([...flatIds(orpheus, grid)]).toEqual(codes.map((code, slot) => 128_256 + 10 + 4096 * slot + code));
  });

  test('has the order of Step-Audio, two and three', () => {
    const grid = gridOf(stepAudio.tokenSpace, 2, 2880, (_, frame) => frame);
    expect([...flatIds(stepAudio, grid)]).toEqual([65_536, 65_537, 66_560, 66_561, 66_562]);
  });

  test('keeps a partial pattern at the end where it covers audio by itself', () => {
    const ids = flatIds(orpheus, randomGrid(orpheus, 2, 2));
    for (const [length, samples] of [
      [7, 2048],
      [8, 2048],
      [9, 2048],
      [10, 2560],
      [11, 3072],
      [12, 3072],
      [13, 3584],
    ] as const) {
      const parts = read(orpheus, ids.subarray(0, length));
      const { grid, broken } = summary(parts);
      expect(grid?.sampleCount).toBe(samples);
      expect(broken.length).toBe(length - flatIds(orpheus, grid as TokenGrid).length);
    }
  });

  test('writes and reads audio that ends within a pattern', () => {
    const grid = gridOf(snac, 3, 2 * 2048 + 1024, (codebook, frame) => codebook + frame);
    const ids = flatIds(orpheus, grid);
    expect(ids.length).toBe(2 * 7 + 4);
    expect(summary(read(orpheus, ids)).grid).toEqual(grid);
  });

  test('refuses to write what could not be read', () => {
    const grid = gridOf(stepAudio.tokenSpace, 2, 900, () => 0);
    expect(() => flatIds(stepAudio, grid)).toThrow(/ends within a pattern/);
  });

  test('says what is broken, and starts again with the first slot', () => {
    const [a, b] = [randomGrid(orpheus, 3, 1), randomGrid(orpheus, 4, 1)].map((grid) => [...flatIds(orpheus, grid)]);
    const parts = read(orpheus, Uint32Array.from([...a!.slice(0, 3), ...b!, ...a!.slice(2)]));
    expect(idsOf(parts, 'broken')).toEqual([...a!.slice(0, 3), ...a!.slice(2)]);
    expect([...flatIds(orpheus, summary(parts).grid as TokenGrid)]).toEqual(b);
  });

  test('does not complete a pattern across a boundary', () => {
    const ids = [...flatIds(stepAudio, randomGrid(stepAudio, 6, 1))];
    const parts = read(stepAudio, Uint32Array.from([ids[0]!, 3, ...ids]));
    expect(parts.map(({ kind }) => kind)).toEqual(['broken', 'other', 'grid']);
    const through = read(stepAudio, Uint32Array.from([ids[0]!, 4, ...ids.slice(1)]));
    expect(through.map(({ kind }) => kind)).toEqual(['other', 'grid']);
  });

  test('goes on from a saved state', () => {
    fc.assert(
      fc.property(anyLayout, fc.nat(40), (name, cut) => {
        const layout = layouts[name];
        const ids = flatIds(layout, randomGrid(layout, 8, 8));
        const at = Math.min(cut, ids.length);
        const first = createFlatReader(layout);
        const parts = [...first.push(ids.subarray(0, at))];
        const second = createFlatReader(layout, { state: structuredClone(first.saveState()) });
        parts.push(...second.push(ids.subarray(at)), ...second.flush());
        expect(summary(parts)).toEqual(summary(read(layout, ids)));
      }),
    );
    const whole = flatIds(orpheus, randomGrid(orpheus, 1, 1));
    for (const held of [Uint32Array.of(1), whole]) {
      expect(() => createFlatReader(orpheus, { state: { held, nextSample: 0 } })).toThrow(/saved state/);
    }
  });

  test('refuses ids that are not of the vocabulary, and takes none of them', () => {
    const reader = createFlatReader(outetts);
    expect(() => reader.push([1000, 4000])).toThrow(/not of the vocabulary/);
    expect(() => reader.push([Number.NaN])).toThrow(/not of the vocabulary/);
    expect(reader.flush()).toEqual([]);
  });

  test('refuses layouts that cannot be', () => {
    const bad: Partial<FlatLayout>[] = [
      { slots: [] },
      { slots: outetts.slots.slice(1) },
      { slots: [...outetts.slots, outetts.slots[0]!] },
      { slots: [{ codebook: 0, frame: 1, idOffset: 0 }] },
      { slots: [{ codebook: 0, frame: 0, idOffset: -1 }] },
      { slots: [{ codebook: 0, frame: 0, idOffset: 3000 }] },
      { vocabularySize: 0 },
      { boundaryIds: [1000] },
      { tokenSpace: { ...dac, segments: { lengthSamples: 960, strideSamples: 960 } } },
    ];
    for (const change of bad) {
      let error: unknown;
      try {
        createFlatReader({ ...outetts, ...change });
      } catch (thrown) {
        error = thrown;
      }
      expect(isSpeechTokensError(error, 'argument-invalid'), JSON.stringify(change)).toBe(true);
    }
  });
});
