import { isSpeechTokensError } from '@speech-tokens/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDacConfig } from './dac-config.ts';

const published = {
  model_type: 'dac',
  codebook_dim: 8,
  codebook_size: 1024,
  decoder_hidden_size: 1536,
  downsampling_ratios: [2, 4, 8, 8],
  encoder_hidden_size: 64,
  n_codebooks: 9,
  sampling_rate: 44_100,
};
const parse = (changes: Readonly<Record<string, unknown>>) =>
  parseDacConfig(JSON.stringify({ ...published, ...changes }), 'config.json');

test('hop and latent width follow from the strides', () => {
  expect(parse({})).toMatchObject({ hopSamples: 512, latentWidth: 1024, strides: [2, 4, 8, 8], codebookCount: 9 });
  expect(parse({ downsampling_ratios: [2, 4, 5, 8] }).hopSamples).toBe(320);
});

test('what cannot be built is refused with the field', () => {
  for (const [field, value] of [
    ['downsampling_ratios', []],
    ['downsampling_ratios', [2, 0]],
    ['downsampling_ratios', [64, 64, 64]],
    ['downsampling_ratios', [1, 1, 1, 1, 1, 1, 1, 1, 1]],
    ['decoder_hidden_size', 1528],
    ['codebook_size', 1.5],
    ['n_codebooks', 0],
    ['sampling_rate', '44100'],
  ] as const) {
    expect(() => parse({ [field]: value }), field).toThrow(`(${field})`);
  }
});

test('any text is read or refused with a typed error', () => {
  const field = fc.constantFrom(...Object.keys(published));
  const changed = fc
    .tuple(field, fc.jsonValue())
    .map(([name, value]) => JSON.stringify({ ...published, [name]: value }));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), changed), (text) => {
      try {
        const { hopSamples, latentWidth } = parseDacConfig(text, 'config.json');
        expect(Number.isSafeInteger(hopSamples * latentWidth)).toBe(true);
      } catch (error) {
        expect(isSpeechTokensError(error, 'checkpoint-invalid')).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});
