import { SpeechTokensError } from '@speech-tokens/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { framesOf } from './duration-predictor.ts';
import { vocoderReach } from './receptive-field.ts';
import { parseVocoderConfig } from './vocoder-config.ts';
import { parseVocoderSettings } from './vocoder-settings.ts';

/** Those of facebook/hf-seamless-m4t-medium. */
const published = {
  model_type: 'seamless_m4t',
  sampling_rate: 16_000,
  leaky_relu_slope: 0.1,
  unit_hifi_gan_vocab_size: 10_000,
  unit_embed_dim: 1_280,
  lang_embed_dim: 256,
  spkr_embed_dim: 256,
  vocoder_num_langs: 36,
  vocoder_num_spkrs: 200,
  upsample_initial_channel: 512,
  upsample_rates: [5, 4, 4, 2, 2],
  upsample_kernel_sizes: [11, 8, 8, 4, 4],
  resblock_kernel_sizes: [3, 7, 11],
  resblock_dilation_sizes: [
    [1, 3, 5],
    [1, 3, 5],
    [1, 3, 5],
  ],
  variance_predictor_kernel_size: 3,
};

test('the published configuration: a hop of 320 samples, and 22 frames seen on either side', () => {
  const config = parseVocoderConfig(JSON.stringify(published), 'config.json');
  expect(config).toMatchObject({ hopSamples: 320, unitCount: 10_000, speakers: { count: 200, width: 256 } });
  expect(config.levels.map(({ channels }) => channels)).toEqual([256, 128, 64, 32, 16]);
  expect(vocoderReach(config).frames).toBe(22);
});

test('tables of speakers and languages may be absent', () => {
  const config = parseVocoderConfig(JSON.stringify({ ...published, spkr_embed_dim: 0, lang_embed_dim: 0 }), 'c');
  expect([config.speakers, config.languages]).toEqual([
    { count: 0, width: 0 },
    { count: 0, width: 0 },
  ]);
});

test('durations are rounded as PyTorch rounds them: to the even one of two, and never to nothing', () => {
  // e^log − 1 in float32 is just 0.5, 1.5, 2.5 and 3.5 here.
  expect([0.5, 1.5, 2.5, 3.5].map((frames) => framesOf(Math.log1p(frames)))).toEqual([1, 2, 2, 4]);
  expect([-9, 0, Math.log1p(2.49), Math.log1p(2.51)].map(framesOf)).toEqual([1, 1, 2, 3]);
  for (const log of [Number.NaN, 40, 1e9]) expect(() => framesOf(log)).toThrow('make no sense');
});

/** What it throws but for typed errors is a fault. */
function refused(parse: () => unknown): boolean {
  try {
    parse();
    return false;
  } catch (error) {
    if (error instanceof SpeechTokensError && error.code === 'checkpoint-invalid') return true;
    throw error;
  }
}

test('whatever stands in the files, the answer is a description or a typed error', () => {
  const field = fc.constantFrom(...Object.keys(published));
  const settings = {
    units: { id: 'a', count: 3, windowSamples: 400 },
    checkpoint: '.',
    languages: { a: 1 },
    speaker: 0,
  };
  const settingsField = fc.constantFrom(...Object.keys(settings), 'speakers', 'language');
  const read = (text: string): boolean[] => [
    refused(() => parseVocoderConfig(text, 'config.json')),
    refused(() => parseVocoderSettings(text, 'vocoder.json')),
  ];
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(read(text)).toEqual([true, true]);
    }),
  );
  let refusals = 0;
  fc.assert(
    fc.property(field, fc.jsonValue(), (name, value) => {
      if (read(JSON.stringify({ ...published, [name]: value }))[0]) refusals++;
    }),
    { numRuns: 400 },
  );
  fc.assert(
    fc.property(settingsField, fc.jsonValue(), (name, value) => {
      if (refused(() => parseVocoderSettings(JSON.stringify({ ...settings, [name]: value }), 'v'))) refusals++;
    }),
    { numRuns: 400 },
  );
  expect(refusals).toBeGreaterThan(300);
  expect(refused(() => parseVocoderSettings(JSON.stringify(settings), 'v'))).toBe(false);
});
