import type { AudioClip, SpeechDetokenizerV1, SpeechTokenizerV1, TokenGrid } from '@speech-tokens/core';
import { sliceGrid } from '@speech-tokens/core';
import { defineConformanceTests } from '@speech-tokens/core/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { speechLikeSamples } from '../support/signals.ts';
import { openToyDetokenizer, openToyTokenizer, toyContextLayout, toyLayout, toySpace } from './toy-codec.ts';

let tokenizer: SpeechTokenizerV1;
const detokenizers: Record<string, SpeechDetokenizerV1> = {};
beforeAll(async () => {
  tokenizer = await openToyTokenizer();
  detokenizers['whole windows'] = await openToyDetokenizer();
  detokenizers['cropped windows'] = await openToyDetokenizer({ crops: true });
  detokenizers['windows shorter than their context'] = await openToyDetokenizer({
    crops: true,
    layout: toyContextLayout,
  });
  detokenizers['noise'] = await openToyDetokenizer({ noise: true });
});
afterAll(async () => {
  await tokenizer.close();
  for (const detokenizer of Object.values(detokenizers)) await detokenizer.close();
});

for (const crops of [false, true]) {
  describe(crops ? 'cropped windows' : 'whole windows', () => {
    defineConformanceTests(
      { test, after: afterAll },
      {
        kind: 'pair',
        loadTokenizer: () => openToyTokenizer(),
        loadDetokenizer: () => openToyDetokenizer({ crops, noise: crops }),
      },
    );
  });
}

const lengths = [1, 3, 4, 8, 15, 16, 17, 47, 48, 49, 63, 64, 65, 66, 79, 80, 81, 95, 96, 97, 200, 288, 289, 1000];
const clipOf = (samples: Float32Array): AudioClip => ({ sampleRateHz: 800, channels: [samples] });
const samplesOf = (length: number): Float32Array => speechLikeSamples(length, `${length}`).map((x) => 2 * x);

/** What the encoder computes from the whole recording at once, by the definition. */
function codesByHand(samples: Float32Array, hop: number): number[] {
  const frames = Math.ceil(samples.length / 8) * (8 / hop);
  return Array.from({ length: frames }, (_, frame) => {
    let sum = 0;
    for (let i = (frame - 1) * hop; i < (frame + 2) * hop; i++) sum += samples[i] ?? 0;
    return Math.trunc(20 + (19 * sum) / (3 * hop));
  });
}

function samplesByHand({ tracks, sampleCount }: TokenGrid, noise: (sample: number) => number): number[] {
  // The decoder computes whole paddings of 16, and its last sample is missing.
  const end = Math.ceil(sampleCount / 16) * 16;
  const before = (sample: number): number => {
    if (sample < 0 || sample >= end) return 0;
    const [coarse, fine] = [tracks[0]?.ids[sample >> 3], tracks[1]?.ids[sample >> 2]];
    return (
      (coarse === undefined ? 0 : (coarse - 20) / 20) + (fine === undefined ? 0 : (fine - 20) / 40) + noise(sample)
    );
  };
  return Array.from({ length: sampleCount }, (_, i) =>
    i === end - 1 ? 0 : 0.25 * before(i - 4) + before(i) + 0.5 * before(i + 3),
  );
}

test('windows give what the whole recording gives', async () => {
  for (const length of lengths) {
    const samples = samplesOf(length);
    const grid = await tokenizer.tokenize(clipOf(samples));
    for (const [k, hop] of [8, 4].entries()) {
      expect([...grid.tracks[k]!.ids], `${length} samples`).toEqual(codesByHand(samples, hop));
    }
    for (const [name, detokenizer] of Object.entries(detokenizers)) {
      const wanted = samplesByHand(grid, name === 'noise' ? (sample) => sample / 1000 : () => 0);
      const { channels } = await detokenizer.detokenize(grid);
      expect(channels[0]!.length).toBe(length);
      for (const [i, sample] of channels[0]!.entries()) {
        expect(sample, `${name}, sample ${i} of ${length}`).toBeCloseTo(wanted[i]!, 5);
      }
    }
  }
});

test('a codebook that a grid lacks is left out, and so are frames that it lacks', async () => {
  const grid = await tokenizer.tokenize(clipOf(samplesOf(210)));
  const coarse = { ...grid, tracks: grid.tracks.slice(0, 1) };
  const exact = { ...grid, tracks: grid.tracks.map(({ ids }, k) => ({ ids: ids.slice(0, k === 1 ? 53 : 27) })) };
  expect(grid.tracks[1]!.ids.length).toBe(54);
  for (const lesser of [coarse, exact]) {
    const { channels } = await detokenizers['whole windows']!.detokenize(lesser);
    const wanted = samplesByHand(lesser, () => 0);
    for (const [i, sample] of channels[0]!.entries()) expect(sample).toBeCloseTo(wanted[i]!, 5);
  }
});

test('a stretch that starts later is decoded as a recording of its own, with the noise of its place', async () => {
  const grid = await tokenizer.tokenize(clipOf(samplesOf(300)));
  const later = sliceGrid(grid, 104, 300);
  const session = await detokenizers['noise']!.streaming!.open();
  const chunks = [...(await session.push(later)), ...(await session.flush())];
  expect(chunks[0]!.startSample).toBe(104);
  const wanted = samplesByHand({ ...later, startSample: 0 }, (sample) => (sample + 104) / 1000);
  const found = chunks.flatMap(({ channels }) => [...channels[0]!]);
  expect(found.length).toBe(196);
  for (const [i, sample] of found.entries()) expect(sample).toBeCloseTo(wanted[i]!, 5);
});

test('what a stream holds does not grow', async () => {
  const session = await tokenizer.streaming!.open();
  const detokenizer = await detokenizers['whole windows']!.streaming!.open();
  const chunk = new Float32Array(toyLayout.windowSamples);
  const sizes = new Set<number>();
  for (let i = 0; i < 40; i++) {
    for (const grid of await session.push({ ...clipOf(chunk), startSample: i * chunk.length })) {
      await detokenizer.push(grid);
    }
    if (i > 3) sizes.add(JSON.stringify([await session.saveState!(), await detokenizer.saveState!()]).length);
  }
  // The position takes another digit now and then.
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(20);
});

test('a state whose codes or lengths cannot be is refused', async () => {
  const session = await detokenizers['whole windows']!.streaming!.open();
  const grid = await tokenizer.tokenize(clipOf(samplesOf(64)));
  await session.push(grid);
  const state = await session.saveState!();
  const { stream } = structuredClone(state).data as { stream: Record<string, unknown> };
  const faults: Record<string, unknown>[] = [
    { pending: [new Int32Array(8).fill(41), (stream['pending'] as Int32Array[])[1]] },
    { pending: [new Int32Array(2), (stream['pending'] as Int32Array[])[1]] },
    { windowsDone: -1 },
    { samplesPushed: 5000 },
    { originSample: 0.5 },
  ];
  for (const fault of faults) {
    const damaged = { ...state, data: { flushed: false, stream: { ...stream, ...fault } } } as typeof state;
    await expect(detokenizers['whole windows']!.streaming!.open({ state: damaged })).rejects.toMatchObject({
      code: 'session-state-invalid',
    });
  }
  const encoding = await tokenizer.streaming!.open();
  await encoding.push({ ...clipOf(samplesOf(70)), startSample: 0 });
  const saved = await encoding.saveState!();
  const data = saved.data as { stream: Record<string, unknown> };
  for (const fault of [{ pending: new Float32Array(3) }, { samplesPushed: -1 }, { windowsDone: 0.5 }]) {
    const damaged = { ...saved, data: { flushed: false, stream: { ...data.stream, ...fault } } } as typeof saved;
    await expect(tokenizer.streaming!.open({ state: damaged })).rejects.toMatchObject({
      code: 'session-state-invalid',
    });
  }
});

test('a flushed stream can be saved, and takes nothing more', async () => {
  const session = await tokenizer.streaming!.open();
  await session.push({ ...clipOf(samplesOf(130)), startSample: 0 });
  await session.flush();
  const again = await tokenizer.streaming!.open({ state: await session.saveState!() });
  await expect(again.push({ ...clipOf(samplesOf(1)), startSample: 130 })).rejects.toMatchObject({
    code: 'session-closed',
  });
});

test('an abort between windows leaves the stream where it was', async () => {
  const grid = await tokenizer.tokenize(clipOf(samplesOf(700)));
  const session = await detokenizers['whole windows']!.streaming!.open();
  const controller = new AbortController();
  const seen: number[] = [];
  const aborted = session.push(grid, {
    signal: controller.signal,
    onProgress: ({ done }) => {
      seen.push(done);
      if (done >= 144) controller.abort(new Error('enough'));
    },
  });
  await expect(aborted).rejects.toThrow('enough');
  const chunks = [...(await session.push(grid)), ...(await session.flush())];
  expect(seen).toEqual([48, 96, 144]);
  const whole = await detokenizers['whole windows']!.detokenize(grid);
  expect(chunks.flatMap(({ channels }) => [...channels[0]!])).toEqual([...whole.channels[0]!]);
});

test('windows that do not fit the hops are refused', async () => {
  await expect(openToyTokenizer({ ...toyLayout, paddingSamples: 12 })).rejects.toMatchObject({
    code: 'argument-invalid',
    message: expect.stringContaining('hops of 8, 4'),
  });
  await expect(openToyDetokenizer({ layout: { ...toyLayout, windowSamples: 40 } })).rejects.toMatchObject({
    code: 'argument-invalid',
  });
  expect(toySpace.codebooks.length).toBe(2);
});
