import { rm } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { audioOfStream, sameBits, tokensOfStream } from '../encodec/streams.ts';
import { speechLikeSamples } from '../support/signals.ts';
import { type Codec, loadCodec, tinyCheckpoint } from './codec.ts';
import { writeRandomCheckpoint } from './random-checkpoint.ts';

// Kernels choose their ways by size, so a small model alone would prove little: the widths of the authors' model where it
// is wide, with fewer layers and codebooks, and random weights.
const fullWidths = {
  model_type: 'mimi',
  attention_bias: false,
  audio_channels: 1,
  codebook_dim: 256,
  codebook_size: 512,
  compress: 2,
  dilation_growth_rate: 2,
  head_dim: 64,
  hidden_act: 'gelu',
  hidden_size: 512,
  intermediate_size: 1_024,
  kernel_size: 7,
  last_kernel_size: 3,
  norm_eps: 1e-5,
  num_attention_heads: 8,
  num_filters: 64,
  num_hidden_layers: 2,
  num_key_value_heads: 8,
  num_quantizers: 4,
  num_residual_layers: 1,
  num_semantic_quantizers: 1,
  pad_mode: 'constant',
  residual_kernel_size: 3,
  rope_theta: 10_000,
  sampling_rate: 24_000,
  sliding_window: 60,
  trim_right_ratio: 1,
  upsample_groups: 512,
  upsampling_ratios: [8, 5, 4],
  use_causal_conv: true,
  use_conv_shortcut: false,
  vector_quantization_hidden_dimension: 256,
};

interface Case {
  readonly name: string;
  readonly hopSamples: number;
  /** The longest audio: several times the window of the transformers. */
  readonly longestFrames: number;
  readonly runs: number;
  load(): Promise<Codec>;
}

const temporary: string[] = [];
afterAll(() => Promise.all(temporary.map((directory) => rm(directory, { recursive: true }))));

const cases: readonly Case[] = [
  {
    name: 'small and of odd widths',
    hopSamples: 48,
    longestFrames: 200,
    runs: 25,
    load: () => loadCodec(tinyCheckpoint),
  },
  {
    name: 'full widths',
    hopSamples: 320,
    longestFrames: 150,
    runs: 10,
    async load() {
      const directory = await writeRandomCheckpoint(fullWidths);
      temporary.push(directory);
      return loadCodec(directory);
    },
  },
];

describe.each(cases)('$name', ({ hopSamples, longestFrames, runs, load }) => {
  let codec: Codec;
  beforeAll(async () => {
    codec = await load();
  }, 60_000);
  afterAll(() => codec.close());
  const clipOf = (sampleCount: number, seed: string) => ({
    sampleRateHz: 24_000,
    channels: [speechLikeSamples(sampleCount, seed)],
  });

  test('any cutting of the audio gives the tokens of the whole, and any cutting of the tokens its audio, bit for bit', async () => {
    const longest = longestFrames * hopSamples;
    const pieces = fc.array(
      fc.oneof(fc.integer({ min: 1, max: 3 * hopSamples }), fc.integer({ min: 1, max: 40 * hopSamples })),
      { minLength: 1, maxLength: 6 },
    );
    const counts = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 6 });
    const lengths = fc.oneof(
      fc.integer({ min: 1, max: 9 * hopSamples }),
      fc.integer({ min: Math.floor(longest / 2), max: longest }),
    );
    await fc.assert(
      fc.asyncProperty(lengths, pieces, counts, fc.integer(), async (sampleCount, chunkSizes, frameCounts, seed) => {
        // Chunks of a few samples only where there are few of them.
        fc.pre(sampleCount / Math.max(...chunkSizes) < 200);
        const clip = clipOf(sampleCount, String(seed));
        const whole = await codec.tokenizer.tokenize(clip);
        expect(await tokensOfStream(codec, clip, chunkSizes)).toEqual(whole);
        const audio = await codec.detokenizer.detokenize(whole);
        const [streamed] = await audioOfStream(codec, whole, hopSamples, frameCounts);
        expect(sameBits(streamed!, audio.channels[0]!)).toBe(true);
        expect(streamed!.length).toBe(sampleCount);
      }),
      { numRuns: runs },
    );
  }, 120_000);

  test('frame by frame, far beyond the window', async () => {
    const clip = clipOf(longestFrames * hopSamples, 'frames');
    const whole = await codec.tokenizer.tokenize(clip);
    expect(await tokensOfStream(codec, clip, [hopSamples])).toEqual(whole);
    expect(new Set(whole.tracks[2]!.ids).size).toBeGreaterThan(20);
    const audio = await codec.detokenizer.detokenize(whole);
    const [streamed] = await audioOfStream(codec, whole, hopSamples, [1]);
    expect(sameBits(streamed!, audio.channels[0]!)).toBe(true);
  }, 120_000);

  test('fewer codebooks are the first tracks of more', async () => {
    const clip = clipOf(20 * hopSamples, 'prefix');
    const full = await codec.tokenizer.tokenize(clip);
    for (const codebookCount of [1, 2]) {
      const fewer = await codec.tokenizer.tokenize(clip, { codebookCount });
      expect(fewer.tracks).toEqual(full.tracks.slice(0, codebookCount));
      const decoded = await codec.detokenizer.detokenize(fewer);
      expect(await codec.detokenizer.detokenize(full, { codebookCount })).toEqual(decoded);
      expect(await codec.detokenizer.detokenize(full)).not.toEqual(decoded);
    }
  });
});
