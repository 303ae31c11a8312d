import {
  findComponent,
  type PcmChunk,
  type SpeechDetokenizerV1,
  type SpeechTokenizerV1,
  type TokenGrid,
} from '@speech-tokens/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import plugin from '../src/index.ts';
import { bundledDirectory, modelsIn } from './support/local-models.ts';
import { speechLikeSamples } from './support/signals.ts';

// The shipped weights at full size: kernels choose their ways by size, so a small model would prove nothing here.

let tokenizer: SpeechTokenizerV1;
let detokenizer: SpeechDetokenizerV1;
beforeAll(async () => {
  const context = { models: modelsIn(bundledDirectory) };
  tokenizer = await findComponent(plugin, 'tokenizer', 'rvq:speech-16khz').load(context);
  detokenizer = await findComponent(plugin, 'detokenizer', 'rvq:speech-16khz').load(context);
});
afterAll(async () => {
  await tokenizer.close();
  await detokenizer.close();
});

const clipOf = (samples: Float32Array) => ({ sampleRateHz: 16_000, channels: [samples] });

async function streamTokens(samples: Float32Array, sizes: readonly number[]): Promise<TokenGrid[]> {
  const session = await tokenizer.streaming!.open();
  const grids: TokenGrid[] = [];
  for (let at = 0, i = 0; at < samples.length; i++) {
    const piece = samples.subarray(at, at + sizes[i % sizes.length]!);
    grids.push(...(await session.push({ ...clipOf(piece), startSample: at })));
    at += piece.length;
  }
  grids.push(...(await session.flush()));
  await session.close();
  return grids;
}

async function streamAudio(grid: TokenGrid, frameCounts: readonly number[]): Promise<PcmChunk[]> {
  const session = await detokenizer.streaming!.open();
  const chunks: PcmChunk[] = [];
  const frames = grid.tracks[0]!.ids.length;
  for (let at = 0, i = 0; at < frames; i++) {
    const end = Math.min(frames, at + frameCounts[i % frameCounts.length]!);
    const piece = {
      tokenSpace: grid.tokenSpace,
      startSample: at * 320,
      sampleCount: Math.min(end * 320, grid.sampleCount) - at * 320,
      tracks: grid.tracks.map(({ ids }) => ({ ids: ids.subarray(at, end) })),
    };
    chunks.push(...(await session.push(piece)));
    at = end;
  }
  chunks.push(...(await session.flush()));
  await session.close();
  return chunks;
}

test('any cutting of the audio gives the tokens of the whole, and any cutting of the tokens its audio, bit for bit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 80_000 }),
      fc.array(fc.oneof(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 50_000 })), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.array(fc.integer({ min: 1, max: 130 }), { minLength: 1, maxLength: 6 }),
      fc.integer(),
      async (sampleCount, chunkSizes, frameCounts, seed) => {
        // Chunks of a few samples only where there are few of them.
        fc.pre(sampleCount / Math.max(...chunkSizes) < 200);
        const samples = speechLikeSamples(sampleCount, String(seed));
        const whole = await tokenizer.tokenize(clipOf(samples));
        const grids = await streamTokens(samples, chunkSizes);
        for (const [k, { ids }] of whole.tracks.entries()) {
          expect(grids.flatMap((grid) => [...grid.tracks[k]!.ids])).toEqual([...ids]);
        }
        expect(grids.reduce((sum, grid) => sum + grid.sampleCount, 0)).toBe(sampleCount);
        const audio = await detokenizer.detokenize(whole);
        const chunks = await streamAudio(whole, frameCounts);
        const joined = Float32Array.from(chunks.flatMap((chunk) => [...chunk.channels[0]!]));
        expect(Buffer.from(joined.buffer).equals(Buffer.from(audio.channels[0]!.slice().buffer))).toBe(true);
        expect(joined.length).toBe(sampleCount);
      },
    ),
    { numRuns: 12 },
  );
}, 120_000);

test('fewer codebooks are the first tracks of more, and each further codebook changes the sound', async () => {
  const clip = clipOf(speechLikeSamples(20_000, 'prefix'));
  const full = await tokenizer.tokenize(clip);
  const three = await tokenizer.tokenize(clip, { codebookCount: 3 });
  expect(three.tracks).toEqual(full.tracks.slice(0, 3));
  const fromThree = await detokenizer.detokenize(three);
  expect(await detokenizer.detokenize(full, { codebookCount: 3 })).toEqual(fromThree);
  expect(await detokenizer.detokenize(full)).not.toEqual(fromThree);
});
