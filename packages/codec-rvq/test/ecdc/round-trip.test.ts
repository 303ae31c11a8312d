import { rm } from 'node:fs/promises';
import type { WeightScope } from '@speech-tokens/onnx-graph';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readEcdc, writeEcdc } from '../../src/ecdc/index.ts';
import type { EncodecConfig, EncodecKind } from '../../src/encodec/encodec-config.ts';
import { buildSegmentDecoder, buildSegmentEncoder } from '../../src/encodec/segment-graphs.ts';
import { buildStreamDecoder, buildStreamEncoder } from '../../src/encodec/stream-graphs.ts';
import { type Codec, clipOf, loadCodec } from '../encodec/codecs.ts';
import { writeRandomCheckpoint } from '../encodec/random-checkpoint.ts';
import { speechLikeSamples } from '../support/signals.ts';

// An .ecdc file holds tokens of the published rates, codebooks and segments only: here models with those, and few channels.

const shared = {
  model_type: 'encodec',
  codebook_dim: 16,
  codebook_size: 1_024,
  compress: 2,
  dilation_growth_rate: 2,
  hidden_size: 16,
  kernel_size: 7,
  last_kernel_size: 7,
  num_filters: 2,
  num_lstm_layers: 1,
  num_residual_layers: 1,
  pad_mode: 'reflect',
  residual_kernel_size: 3,
  target_bandwidths: [24],
  trim_right_ratio: 1,
  upsampling_ratios: [8, 5, 4, 2],
};

interface Case {
  readonly id: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly kind: EncodecKind;
  readonly build: (config: EncodecConfig, weights: WeightScope) => void;
  readonly codebookCounts: readonly number[];
  readonly sampleCounts: readonly number[];
}

const cases: readonly Case[] = [
  {
    id: 'rvq:encodec-24khz',
    config: {
      ...shared,
      sampling_rate: 24_000,
      audio_channels: 1,
      norm_type: 'weight_norm',
      normalize: false,
      use_causal_conv: true,
      chunk_length_s: null,
    },
    kind: 'causal',
    build(config, weights) {
      buildStreamEncoder(config, weights, config.codebookCount);
      buildStreamDecoder(config, weights);
    },
    codebookCounts: [2, 3, 8, 32],
    sampleCounts: [0, 1, 320, 321, 30_001],
  },
  {
    id: 'rvq:encodec-48khz',
    config: {
      ...shared,
      sampling_rate: 48_000,
      audio_channels: 2,
      norm_type: 'time_group_norm',
      normalize: true,
      use_causal_conv: false,
      chunk_length_s: 1,
      overlap: 0.01,
    },
    kind: 'segmented',
    build(config, weights) {
      buildSegmentEncoder(config, weights, config.codebookCount);
      buildSegmentDecoder(config, weights);
    },
    codebookCounts: [1, 3, 16],
    sampleCounts: [0, 1, 47_520, 47_521, 48_001, 100_003],
  },
];

describe.each(cases)('$id', ({ id, config, kind, build, codebookCounts, sampleCounts }) => {
  let directory: string;
  let codec: Codec;
  beforeAll(async () => {
    directory = await writeRandomCheckpoint(config, kind, build);
    codec = await loadCodec(id, directory);
  });
  afterAll(async () => {
    await codec.close();
    await rm(directory, { recursive: true });
  });

  test.each(codebookCounts)('%i codebooks come out of a file as they went in, and sound the same', async (count) => {
    const { tokenSpace } = codec.tokenizer;
    for (const sampleCount of sampleCounts) {
      const samples = speechLikeSamples(codec.tokenizer.audioFormat.channelCount * sampleCount, 'ecdc');
      const grid = await codec.tokenizer.tokenize(clipOf(codec, samples), { codebookCount: count });
      const read = readEcdc(writeEcdc(grid), { tokenSpace });
      expect(read).toEqual(grid);
      expect(await codec.detokenizer.detokenize(read)).toEqual(await codec.detokenizer.detokenize(grid));
      if (sampleCount > 10_000) expect(new Set(grid.tracks[0]!.ids).size).toBeGreaterThan(4);
    }
  });
});
