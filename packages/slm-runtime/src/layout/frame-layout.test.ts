import { isSpeechTokensError } from '@speech-tokens/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csm, dac, gridOf, mimi, miniOmni, moshi, musicgen, snac } from '../../test/support/spaces.ts';
import { framesToGrid, gridToFrames } from './frame-grids.ts';
import { type FrameLayout, noId, stepOfFrame } from './frame-layout.ts';
import { createStepReader } from './step-reader.ts';
import { createStepWriter, fillChosen } from './step-writer.ts';

const layouts = { moshi, musicgen, csm, miniOmni };
const anyLayout = fc.constantFrom(...(Object.keys(layouts) as (keyof typeof layouts)[]));

const randomLayout: fc.Arbitrary<FrameLayout> = fc
  .record({ initialSteps: fc.nat(3), delays: fc.array(fc.nat(5), { minLength: 1, maxLength: 6 }) })
  .map(({ initialSteps, delays }) => ({
    channels: {},
    initialSteps,
    streams: delays.map((delaySteps, index) => ({
      name: `row-${index}`,
      role: 'out',
      vocabularySize: 50,
      delaySteps,
      initialId: 50,
      padId: 51,
    })),
  }));
const framesFor = (layout: FrameLayout, count: number): Int32Array[] =>
  Array.from({ length: count }, (_, frame) => Int32Array.from(layout.streams, (_, row) => (frame * 7 + row * 3) % 5));
const stepsOf = (layout: FrameLayout, frames: readonly Int32Array[]): Int32Array[] => {
  const writer = createStepWriter(layout);
  return [...frames.flatMap((frame) => writer.push(frame)), ...writer.flush()];
};
const rowsOf = (steps: readonly Int32Array[]): number[][] =>
  Array.from({ length: steps[0]?.length ?? 0 }, (_, row) => steps.map((step) => step[row] as number));

describe('delayed frames', () => {
  test('are the delay pattern of MusicGen', () => {
    const frames = [1, 2, 3].map((code) => Int32Array.of(code, code, code, code));
    expect(rowsOf(stepsOf(musicgen, frames))).toEqual([
      [2048, 1, 2, 3, 2048, 2048, 2048],
      [2048, 2048, 1, 2, 3, 2048, 2048],
      [2048, 2048, 2048, 1, 2, 3, 2048],
      [2048, 2048, 2048, 2048, 1, 2, 3],
    ]);
  });

  test('come back as they were, each as soon as its last row is there', () => {
    fc.assert(
      fc.property(randomLayout, fc.nat(20), (layout, count) => {
        const frames = framesFor(layout, count);
        const steps = stepsOf(layout, frames);
        for (const [frame, ids] of frames.entries()) {
          for (const [row, id] of ids.entries()) expect(steps[stepOfFrame(layout, frame, row)]?.[row]).toBe(id);
        }
        const reader = createStepReader(layout);
        const maxDelay = Math.max(...layout.streams.map(({ delaySteps = 0 }) => delaySteps));
        const back: Int32Array[] = [];
        for (const [step, ids] of steps.entries()) {
          const given = reader.push(ids);
          expect(given.length).toBe(step >= (layout.initialSteps ?? 0) + maxDelay ? 1 : 0);
          back.push(...given);
        }
        expect(back).toEqual(frames);
        expect(reader.flush()).toEqual([]);
      }),
    );
  });

  test('that were cut off keep their rows in place', () => {
    fc.assert(
      fc.property(randomLayout, fc.integer({ min: 1, max: 12 }), fc.nat(30), (layout, count, cut) => {
        const frames = framesFor(layout, count);
        const { initialSteps = 0 } = layout;
        const steps = stepsOf(layout, frames).slice(0, Math.min(cut, initialSteps + count));
        const reader = createStepReader(layout);
        const whole = steps.flatMap((step) => reader.push(step));
        const back = [...whole, ...reader.flush()];
        // Frames of which nothing had come yet are left out.
        const leastDelay = Math.min(...layout.streams.map(({ delaySteps = 0 }) => delaySteps));
        expect(back.length).toBe(Math.max(0, steps.length - initialSteps - leastDelay));
        for (const [frame, ids] of back.entries()) {
          for (const [row, id] of ids.entries()) {
            const there = stepOfFrame(layout, frame, row) < steps.length;
            expect(id).toBe(there ? frames[frame]?.[row] : noId);
          }
          if (frame < whole.length) expect(ids).not.toContain(noId);
        }
      }),
    );
  });

  test('go on from a saved state', () => {
    fc.assert(
      fc.property(randomLayout, fc.nat(12), fc.nat(12), (layout, first, second) => {
        const frames = framesFor(layout, first + second);
        const writer = createStepWriter(layout);
        const reader = createStepReader(layout);
        const steps = frames.slice(0, first).flatMap((frame) => writer.push(frame));
        const back = steps.flatMap((step) => reader.push(step));
        const laterWriter = createStepWriter(layout, { state: structuredClone(writer.saveState()) });
        const laterReader = createStepReader(layout, { state: structuredClone(reader.saveState()) });
        const rest = [...frames.slice(first).flatMap((frame) => laterWriter.push(frame)), ...laterWriter.flush()];
        expect([...steps, ...rest]).toEqual(stepsOf(layout, frames));
        expect([...back, ...rest.flatMap((step) => laterReader.push(step))]).toEqual(frames);
      }),
    );
    for (const make of [createStepWriter, createStepReader]) {
      expect(() => make(moshi, { state: { count: 1, columns: [] } })).toThrow(/saved state/);
      expect(() => make(moshi, { state: { count: 1, columns: [new Int32Array(3)] } })).toThrow(/saved state/);
    }
  });
});

describe('the loop of Moshi', () => {
  // The ring of LMGen in kyutai-labs/moshi, moshi/models/lm.py: one call of `step` a frame of the user.
  function ring(layout: FrameLayout, chosen: (step: number, row: number) => number, user: readonly Int32Array[]) {
    const delays = layout.streams.map(({ delaySteps = 0 }) => delaySteps);
    const length = Math.max(...delays) + 2;
    const cache = layout.streams.map(() => new Array<number>(length).fill(-2));
    const inputs: Int32Array[] = [];
    const outputs: number[][] = [];
    let offset = 0;
    for (const frame of user) {
      for (let row = 9; row < 17; row++) cache[row]![(offset + delays[row]!) % length] = frame[row]!;
      inputs.push(
        Int32Array.from(layout.streams, ({ initialId = noId }, row) =>
          offset <= delays[row]! ? initialId : cache[row]![offset % length]!,
        ),
      );
      offset += 1;
      for (let row = 0; row < 9; row++) cache[row]![offset % length] = chosen(offset, row);
      if (offset <= length - 2) continue;
      outputs.push(
        Array.from({ length: 9 }, (_, row) => cache[row]![(offset - (length - 2) + delays[row]!) % length]!),
      );
    }
    return { inputs, outputs };
  }

  test.each([1, 2])('is a writer and a reader, with an acoustic delay of %i', (delay) => {
    const layout: FrameLayout = {
      ...moshi,
      streams: moshi.streams.map((row) => ((row.delaySteps ?? 0) > 0 ? { ...row, delaySteps: delay } : row)),
    };
    const chosen = (step: number, row: number): number => (step * 13 + row) % 7;
    const grid = gridOf(mimi, 32, 40 * 1920, (codebook, frame) => (frame * 5 + codebook) % 11);
    const user = gridToFrames(layout, 'user', grid);
    // Its server pushes the first frame twice, as the first call never reads it.
    const expected = ring(layout, chosen, [user[0]!, ...user]);
    const writer = createStepWriter(layout);
    const reader = createStepReader(layout);
    const inputs: Int32Array[] = [];
    const outputs: Int32Array[] = [];
    let latest = new Int32Array(17).fill(noId);
    for (const frame of user) {
      for (const step of writer.push(frame)) {
        fillChosen(layout, step, latest);
        outputs.push(...reader.push(step));
        inputs.push(step);
        latest = Int32Array.from({ length: 17 }, (_, row) => chosen(inputs.length, row));
      }
    }
    expect(inputs).toEqual(expected.inputs);
    const rows = outputs.map((frame) => [...frame.subarray(0, 9)]);
    // The ring gives out what was chosen last before it is read; the reader once it is an input.
    expect(rows).toEqual(expected.outputs.slice(0, rows.length));
    expect(expected.outputs.length - rows.length).toBe(1);
  });
});

test('what a host forces is not overwritten by what the model chose, id 0 neither', () => {
  const step = new Int32Array(17).fill(noId);
  step[0] = 0;
  step[1] = 7;
  fillChosen(moshi, step, new Int32Array(17).fill(5));
  // Rows of the user are not the model's.
  expect([...step]).toEqual([0, 7, ...new Array(7).fill(5), ...new Array(8).fill(noId)]);
});

describe('frames and grids', () => {
  const channelOf = { moshi: 'user', musicgen: 'music', csm: 'voice', miniOmni: 'voice' } as const;

  test('give each other back, through delays and cuts', () => {
    fc.assert(
      fc.property(anyLayout, fc.nat(30), fc.nat(12), (name, seed, count) => {
        const layout = layouts[name];
        const channel = channelOf[name];
        const space = layout.channels[channel]!;
        const used = layout.streams.filter(({ slot }) => slot?.channel === channel);
        const codebooks = Math.max(...used.map(({ slot }) => slot?.codebook ?? 0)) + 1;
        const samples = count * Math.max(...space.codebooks.map(({ hopSamples }) => hopSamples as number));
        const grid = gridOf(space, codebooks, samples, (codebook, frame) => (seed * codebook * frame) % 1024);
        const frames = gridToFrames(layout, channel, grid);
        expect(framesToGrid(layout, channel, frames)).toEqual(grid);
        const reader = createStepReader(layout);
        const back = stepsOf(layout, frames).flatMap((step) => reader.push(step));
        expect(framesToGrid(layout, channel, back)).toEqual(grid);
        const later = framesToGrid(layout, channel, frames.slice(1), samples / (count || 1));
        expect(later.startSample).toBe(samples / (count || 1));
      }),
    );
  });

  test('keep audio that ends within a frame of several rates', () => {
    const grid = gridOf(snac, 3, 2048 + 512, (codebook, frame) => codebook + frame);
    const frames = gridToFrames(miniOmni, 'voice', grid);
    expect([...frames[1]!]).toEqual([1, 3, 6, noId, noId, noId, noId, noId]);
    expect(framesToGrid(miniOmni, 'voice', frames)).toEqual(grid);
  });

  test('know code 0 from no code', () => {
    const grid = gridOf(mimi, 32, 2 * 1920, () => 0);
    const frames = gridToFrames(csm, 'voice', grid);
    expect([...frames[0]!]).toEqual([...new Array(32).fill(0), noId]);
    const text = new Int32Array(33).fill(noId);
    text[32] = 128_000;
    expect(framesToGrid(csm, 'voice', [text, text, ...frames])).toEqual(grid);
  });

  test('never move an id into a gap', () => {
    const frames = gridToFrames(
      moshi,
      'self',
      gridOf(mimi, 8, 3 * 1920, () => 5),
    );
    const broken = frames.map((frame) => frame.slice());
    broken[1]![3] = noId;
    expect(() => framesToGrid(moshi, 'self', broken)).toThrow(/Frame 1 of self is not whole/);
    expect(() => framesToGrid(moshi, 'self', broken.slice(0, 2))).toThrow(/Frame 1 of self is not whole/);
    const [snacFrame] = gridToFrames(
      miniOmni,
      'voice',
      gridOf(snac, 3, 2048, () => 5),
    );
    snacFrame![3] = noId;
    expect(() => framesToGrid(miniOmni, 'voice', [snacFrame!])).toThrow(/Frame 0 of voice is not whole/);
    const padded = frames.map((frame) => frame.slice());
    padded[2]![8] = 2048;
    expect(() => framesToGrid(moshi, 'self', padded)).toThrow(/Frame 2 holds no code in self-7/);
  });
});

test('layouts that cannot be are refused', () => {
  const row = musicgen.streams[0]!;
  const bad: Partial<FrameLayout>[] = [
    { streams: [] },
    { streams: [row, row] },
    { streams: musicgen.streams.slice(1) },
    { streams: [{ ...row, delaySteps: -1 }] },
    { streams: [{ ...row, delaySteps: 0.5 }] },
    { streams: [{ ...row, vocabularySize: 1023 }] },
    { streams: [{ ...row, initialId: -2 }] },
    { channels: {} },
    { initialSteps: -1 },
    {
      channels: { music: dac, voice: { ...dac, sampleRateHz: 16_000 } },
      streams: [row, { ...row, name: 'other', slot: { ...row.slot!, channel: 'voice' } }],
    },
  ];
  for (const change of bad) {
    let error: unknown;
    try {
      createStepReader({ ...musicgen, ...change });
    } catch (thrown) {
      error = thrown;
    }
    expect(isSpeechTokensError(error, 'argument-invalid'), JSON.stringify(change)).toBe(true);
  }
});
