import { readFileSync } from 'node:fs';
import { isSpeechTokensError } from '@speech-tokens/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blockPositions, parseSnacConfig } from './snac-config.ts';

const text = readFileSync(new URL('../../test/golden/snac-44khz/config.json', import.meta.url), 'utf8');

function failure(config: string): string {
  try {
    parseSnacConfig(config, 'config.json');
    return 'accepted';
  } catch (error) {
    if (!isSpeechTokensError(error, 'checkpoint-invalid')) throw error;
    return error.message;
  }
}

const changed = (changes: Readonly<Record<string, unknown>>): string =>
  failure(JSON.stringify({ ...JSON.parse(text), ...changes }));

test('reads what the authors write', () => {
  const config = parseSnacConfig(text, 'config.json');
  expect(config).toEqual({
    sampleRateHz: 44_100,
    hopSamples: 6,
    encoder: { channels: 16, rates: [2, 3] },
    decoder: { channels: 64, rates: [3, 2] },
    latentWidth: 64,
    attentionWindow: 6,
    codebookSize: 64,
    codebookWidth: 4,
    codebookStrides: [8, 4, 2, 1],
    hasNoise: true,
    isDepthwise: true,
  });
  expect(blockPositions(config)).toBe(24);
});

test('takes for absent fields what the authors’ class takes', () => {
  const { attn_window_size, noise, depthwise, ...others } = JSON.parse(text);
  const config = parseSnacConfig(JSON.stringify({ ...others, latent_dim: null }), 'config.json');
  expect(config).toMatchObject({ attentionWindow: 32, hasNoise: true, isDepthwise: true, latentWidth: 64 });
  const without = parseSnacConfig(JSON.stringify({ ...others, attn_window_size: null }), 'config.json');
  expect(without).not.toHaveProperty('attentionWindow');
  expect(blockPositions(without)).toBe(8);
});

test('names the field that is wrong', () => {
  expect(failure('{')).toContain('(syntax)');
  expect(failure('null')).toContain('(encoder_dim)');
  expect(changed({ sampling_rate: '44100' })).toContain('(sampling_rate): found "44100"');
  expect(changed({ encoder_rates: [1, 6] })).toContain('(encoder_rates): found [1,6], wanted rates of at least 2');
  expect(changed({ encoder_rates: [64, 64, 64] })).toContain('(encoder_rates)');
  expect(changed({ decoder_rates: [5, 2] })).toContain('(decoder_rates): found a product of 10, wanted 6');
  expect(changed({ decoder_dim: 66 })).toContain('(decoder_dim): found 66, wanted a multiple of 4');
  expect(changed({ decoder_dim: 96 })).toContain('(attn_window_size): found attention over 96 channels');
  expect(changed({ latent_dim: 32 })).toContain('(latent_dim): found 32, wanted 64');
  expect(changed({ vq_strides: [8, 3] })).toContain('(vq_strides): found [8,3]');
  expect(changed({ vq_strides: [2, 4] })).toContain('(vq_strides)');
  expect(changed({ noise: 'yes' })).toContain('(noise): found "yes", wanted true or false');
});

test('whatever JSON it is given, it answers with a configuration or a typed error', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      failure(json);
    }),
  );
  const keys = [...Object.keys(JSON.parse(text)), 'latent_dim'];
  const values = fc.oneof(
    fc.jsonValue(),
    fc.array(fc.integer({ min: -1, max: 300 })),
    fc.integer({ min: -1, max: 64 }),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...keys), values), (changes) => {
      changed(changes);
    }),
    { numRuns: 1000 },
  );
});
