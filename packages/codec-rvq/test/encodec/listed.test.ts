import { expect, test } from 'vitest';
import { parseEncodecConfig } from '../../src/encodec/encodec-config.ts';
import { encodecFamilies } from '../../src/encodec/encodec-family.ts';
import { recurrentLatencies } from '../../src/encodec/recurrent-codec.ts';
import { firstRunFrames } from '../../src/encodec/stream-graphs.ts';
import { residualSpace } from '../../src/family/residual-space.ts';

// What the families list follows from the configurations that the authors published.

const shared = {
  model_type: 'encodec',
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
  num_lstm_layers: 2,
  num_residual_layers: 1,
  pad_mode: 'reflect',
  residual_kernel_size: 3,
  trim_right_ratio: 1,
  upsampling_ratios: [8, 5, 4, 2],
};
const published = {
  'rvq:encodec-24khz': [
    {
      ...shared,
      sampling_rate: 24_000,
      audio_channels: 1,
      use_causal_conv: true,
      target_bandwidths: [1.5, 3, 6, 12, 24],
    },
    'causal',
  ],
  'rvq:encodec-48khz': [
    {
      ...shared,
      sampling_rate: 48_000,
      audio_channels: 2,
      use_causal_conv: false,
      target_bandwidths: [3, 6, 12, 24],
      norm_type: 'time_group_norm',
      normalize: true,
      chunk_length_s: 1,
      overlap: 0.01,
    },
    'segmented',
  ],
  'rvq:encodec-32khz': [
    {
      ...shared,
      sampling_rate: 32_000,
      audio_channels: 1,
      use_causal_conv: false,
      use_conv_shortcut: false,
      target_bandwidths: [2.2],
      codebook_size: 2_048,
      num_filters: 64,
      upsampling_ratios: [8, 5, 4, 4],
    },
    'whole',
  ],
} as const;

test.each(encodecFamilies.map((family) => ({ id: family.id, family })))('$id', ({ id, family }) => {
  const [json, kind] = published[id as keyof typeof published];
  const config = parseEncodecConfig(JSON.stringify(json), 'config.json', kind);
  const { segments } = config;
  expect(family.space).toEqual({ ...residualSpace(config), ...(segments === undefined ? {} : { segments }) });
  const latencies =
    kind === 'causal'
      ? [320 * firstRunFrames(config, 'encoder'), 320 * firstRunFrames(config, 'decoder')]
      : kind === 'segmented'
        ? [segments!.lengthSamples, segments!.strideSamples]
        : [recurrentLatencies(config).tokenizer, recurrentLatencies(config).detokenizer];
  expect([family.tokenizerLatencySamples, family.detokenizerLatencySamples]).toEqual(latencies);
});
