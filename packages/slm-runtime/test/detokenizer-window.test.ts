import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import plugin from '@speech-tokens/codec-rvq';
import {
  type DetokenizerWindow,
  findComponent,
  type SpeechDetokenizerV1,
  sliceGrid,
  type TokenGrid,
} from '@speech-tokens/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { streamAudio, streamingOf } from '../src/index.ts';

// The bundled codec: a real decoder, whose sound of a frame depends on the frames before and on the next one. Its pulses
// are counted from the start of a stream, so a window with less context has the same spectra and another phase.

const models = {
  async resolve({ name }: { readonly name: string }) {
    const path = new URL(`../../codec-rvq/models/speech-16khz/${name}`, import.meta.url);
    const bytes = await readFile(path);
    return { path: path.pathname, sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length };
  },
};
let detokenizer: SpeechDetokenizerV1;
let grid: TokenGrid;
let whole: Float32Array;

beforeAll(async () => {
  const tokenizer = await findComponent(plugin, 'tokenizer', 'rvq:speech-16khz').load({ models });
  detokenizer = await findComponent(plugin, 'detokenizer', 'rvq:speech-16khz').load({ models });
  // Two seconds of gliding harmonics with pauses, and an end within a frame.
  const samples = Float32Array.from({ length: 32_111 }, (_, n) => {
    const seconds = n / 16_000;
    const voice = [1, 2, 3, 4].reduce(
      (sum, k) => sum + Math.sin(2 * Math.PI * k * (120 + 30 * seconds) * seconds) / k,
      0,
    );
    return 0.2 * voice * Math.max(0, Math.sin(2 * Math.PI * 2 * seconds));
  });
  grid = await tokenizer.tokenize({ sampleRateHz: 16_000, channels: [samples] });
  whole = (await detokenizer.detokenize(grid)).channels[0] as Float32Array;
  await tokenizer.close();
});
afterAll(() => detokenizer.close());

async function* pieces(frames: number): AsyncGenerator<TokenGrid> {
  for (let at = 0; at < grid.sampleCount; at += frames * 320) {
    yield sliceGrid(grid, at, Math.min(grid.sampleCount, at + frames * 320));
  }
}

async function soundOf(window: DetokenizerWindow | undefined, frames: number): Promise<Float32Array> {
  const sound = new Float32Array(grid.sampleCount);
  let at = 0;
  for await (const { startSample, channels } of streamAudio(streamingOf(detokenizer, window), pieces(frames))) {
    expect(startSample).toBe(at);
    sound.set(channels[0] as Float32Array, at);
    at += (channels[0] as Float32Array).length;
  }
  expect(at).toBe(grid.sampleCount);
  return sound;
}

const decibels = (sound: Float32Array): number => {
  const energy = (values: Float32Array): number => values.reduce((sum, value) => sum + value * value, 0);
  return 10 * Math.log10(energy(whole) / energy(sound.map((value, n) => value - (whole[n] as number))));
};

/** How far the loudness of 10 ms is off, in dB on average, where the whole is loud. */
function envelopeDistance(sound: Float32Array): number {
  const power = (values: Float32Array, hop: number): number =>
    values.subarray(160 * hop, 160 * (hop + 1)).reduce((sum, value) => sum + value * value, 1e-9);
  const loudest = Math.max(...Array.from({ length: 200 }, (_, hop) => power(whole, hop)));
  let [sum, count] = [0, 0];
  for (let hop = 0; hop < 200; hop++) {
    if (power(whole, hop) < 0.01 * loudest) continue;
    sum += Math.abs(10 * Math.log10(power(sound, hop) / power(whole, hop)));
    count += 1;
  }
  return sum / count;
}

test('a codec that streams gives the sound of the whole, bit for bit', async () => {
  expect(await soundOf(undefined, 7)).toEqual(whole);
});

test('windows with all that came before give it too, whatever is pushed', async () => {
  const window = { blockFrames: [2, 5, 10], leftContextFrames: Number.POSITIVE_INFINITY, lookaheadFrames: 1 };
  for (const frames of [1, 13]) expect(decibels(await soundOf(window, frames))).toBeGreaterThan(100);
});

test('windows with less context come near, and nearer with more; seams do not click', async () => {
  const window = { blockFrames: [5], lookaheadFrames: 1, overlapSamples: 160 };
  const [near, bare] = [await soundOf({ ...window, leftContextFrames: 40 }, 3), await soundOf({ ...window }, 3)];
  expect(envelopeDistance(near)).toBeLessThan(0.5 * envelopeDistance(bare));
  // A click is a second difference that the whole does not have.
  const sharpest = (sound: Float32Array): number => {
    let most = 0;
    for (let n = 1; n < sound.length - 1; n++) {
      most = Math.max(most, Math.abs((sound[n - 1] as number) - 2 * (sound[n] as number) + (sound[n + 1] as number)));
    }
    return most;
  };
  expect(sharpest(near)).toBeLessThan(1.2 * sharpest(whole));
});
