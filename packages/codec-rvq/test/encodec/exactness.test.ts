import { rm } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildStreamDecoder, buildStreamEncoder } from '../../src/encodec/stream-graphs.ts';
import { speechLikeSamples } from '../support/signals.ts';
import { type Codec, clipOf, loadCodec, tinyCheckpoint } from './codecs.ts';
import { writeRandomCheckpoint } from './random-checkpoint.ts';
import { audioOfStream, sameBits, tokensOfStream } from './streams.ts';

// Kernels choose their ways by size, so a small model alone would prove little: the widths of the authors' 24 kHz model,
// and random weights.
const fullWidths = {
  model_type: 'encodec',
  audio_channels: 1,
  chunk_length_s: null,
  codebook_dim: 128,
  codebook_size: 1_024,
  compress: 2,
  dilation_growth_rate: 2,
  hidden_size: 128,
  kernel_size: 7,
  last_kernel_size: 7,
  norm_type: 'weight_norm',
  normalize: false,
  num_filters: 32,
  num_lstm_layers: 1,
  num_residual_layers: 1,
  pad_mode: 'reflect',
  residual_kernel_size: 3,
  sampling_rate: 24_000,
  target_bandwidths: [2.25],
  trim_right_ratio: 1,
  upsampling_ratios: [8, 5, 4, 2],
  use_causal_conv: true,
};

interface Case {
  readonly name: string;
  /** Grids are cut at its multiples. */
  readonly stepSamples: number;
  readonly longestSamples: number;
  load(): Promise<Codec>;
}

const temporary: string[] = [];
afterAll(() => Promise.all(temporary.map((directory) => rm(directory, { recursive: true }))));

const cases: readonly Case[] = [
  {
    name: 'encodec-32khz, small and of odd widths',
    stepSamples: 40,
    longestSamples: 9_000,
    load: () => loadCodec('rvq:encodec-32khz', tinyCheckpoint('encodec-32khz')),
  },
  {
    name: 'encodec-48khz, small and of odd widths',
    stepSamples: 456,
    longestSamples: 9_000,
    load: () => loadCodec('rvq:encodec-48khz', tinyCheckpoint('encodec-48khz')),
  },
  {
    name: 'encodec-24khz, small and of odd widths',
    stepSamples: 40,
    longestSamples: 9_000,
    load: () => loadCodec('rvq:encodec-24khz', tinyCheckpoint('encodec-24khz')),
  },
  {
    name: 'encodec-24khz, full widths',
    stepSamples: 320,
    longestSamples: 50_000,
    async load() {
      const directory = await writeRandomCheckpoint(fullWidths, 'causal', (config, weights) => {
        buildStreamEncoder(config, weights, config.codebookCount);
        buildStreamDecoder(config, weights);
      });
      temporary.push(directory);
      return loadCodec('rvq:encodec-24khz', directory);
    },
  },
];

describe.each(cases)('$name', ({ stepSamples, longestSamples, load }) => {
  let codec: Codec;
  beforeAll(async () => {
    codec = await load();
  });
  afterAll(() => codec.close());

  test('any cutting of the audio gives the tokens of the whole, and any cutting of the tokens its audio, bit for bit', async () => {
    const pieces = fc.array(
      fc.oneof(fc.integer({ min: 1, max: 3 * stepSamples }), fc.integer({ min: 1, max: 20_000 })),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    const counts = fc.array(fc.integer({ min: 1, max: 130 }), { minLength: 1, maxLength: 6 });
    const lengths = fc.oneof(fc.integer({ min: 1, max: 9 * stepSamples }), fc.integer({ min: 1, max: longestSamples }));
    await fc.assert(
      fc.asyncProperty(lengths, pieces, counts, fc.integer(), async (sampleCount, chunkSizes, frameCounts, seed) => {
        // Chunks of a few samples only where there are few of them.
        fc.pre(sampleCount / Math.max(...chunkSizes) < 200);
        const { channelCount } = codec.tokenizer.audioFormat;
        const clip = clipOf(codec, speechLikeSamples(channelCount * sampleCount, String(seed)));
        const whole = await codec.tokenizer.tokenize(clip);
        expect(await tokensOfStream(codec, clip, chunkSizes)).toEqual(whole);
        const audio = await codec.detokenizer.detokenize(whole);
        const streamed = await audioOfStream(codec, whole, stepSamples, frameCounts);
        expect(streamed.length).toBe(channelCount);
        for (const [i, samples] of streamed.entries()) expect(sameBits(samples, audio.channels[i]!)).toBe(true);
        expect(audio.channels[0]!.length).toBe(sampleCount);
      }),
      { numRuns: 25 },
    );
  }, 120_000);

  test('fewer codebooks are the first tracks of more', async () => {
    const clip = clipOf(codec, speechLikeSamples(16_000, 'prefix'));
    const full = await codec.tokenizer.tokenize(clip);
    const two = await codec.tokenizer.tokenize(clip, { codebookCount: 2 });
    expect(two.tracks).toEqual(full.tracks.slice(0, 2));
    expect(new Set(full.tracks[0]!.ids).size).toBeGreaterThan(8);
    const fromTwo = await codec.detokenizer.detokenize(two);
    expect(await codec.detokenizer.detokenize(full, { codebookCount: 2 })).toEqual(fromTwo);
    expect(await codec.detokenizer.detokenize(full)).not.toEqual(fromTwo);
  });
});
