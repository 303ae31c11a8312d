import { readFileSync } from 'node:fs';
import { isSpeechTokensError } from '@speech-tokens/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type EncodecKind, parseEncodecConfig } from './encodec-config.ts';

const textOf = (name: string): string =>
  readFileSync(new URL(`../../test/golden/${name}/config.json`, import.meta.url), 'utf8');
const kinds: readonly (readonly [EncodecKind, string])[] = [
  ['causal', 'encodec-24khz'],
  ['segmented', 'encodec-48khz'],
  ['whole', 'encodec-32khz'],
];

function failure(config: string, kind: EncodecKind): string {
  try {
    parseEncodecConfig(config, 'config.json', kind);
    return 'accepted';
  } catch (error) {
    if (!isSpeechTokensError(error, 'checkpoint-invalid')) throw error;
    return error.message;
  }
}

test('reads what each of the three models was saved with', () => {
  expect(parseEncodecConfig(textOf('encodec-24khz'), 'config.json', 'causal')).toMatchObject({
    hopSamples: 40,
    codebookCount: 4,
    codebookSize: 64,
    residualLayerCount: 2,
    hasConvShortcut: true,
    isCausal: true,
    channelCount: 1,
  });
  expect(parseEncodecConfig(textOf('encodec-48khz'), 'config.json', 'segmented')).toMatchObject({
    hopSamples: 40,
    isNormalized: true,
    channelCount: 2,
    norm: 'time_group_norm',
    segments: { lengthSamples: 480, strideSamples: 456 },
  });
  expect(parseEncodecConfig(textOf('encodec-32khz'), 'config.json', 'whole')).toMatchObject({
    codebookCount: 3,
    codebookSize: 128,
    hasConvShortcut: false,
    isCausal: false,
  });
});

test('a configuration that does not say whether there are shortcuts means that there are', () => {
  const { use_conv_shortcut: _, ...config } = JSON.parse(textOf('encodec-24khz'));
  expect(parseEncodecConfig(JSON.stringify(config), 'config.json', 'causal').hasConvShortcut).toBe(true);
});

test('names the field that is wrong', () => {
  const changed = (kind: EncodecKind, name: string, changes: object): string =>
    failure(JSON.stringify({ ...JSON.parse(textOf(name)), ...changes }), kind);
  expect(failure('{', 'causal')).toContain('(syntax)');
  expect(failure('null', 'causal')).toContain('(model_type)');
  expect(failure(textOf('encodec-48khz'), 'causal')).toContain('(use_causal_conv): found false, wanted true');
  expect(changed('causal', 'encodec-24khz', { codebook_size: 1_000 })).toContain('wanted a power of two');
  expect(changed('causal', 'encodec-24khz', { upsampling_ratios: [1_024, 1_024] })).toContain('(upsampling_ratios)');
  expect(changed('causal', 'encodec-24khz', { target_bandwidths: [] })).toContain('(target_bandwidths): found []');
  expect(changed('causal', 'encodec-24khz', { normalize: true })).toContain('(normalize)');
  expect(changed('segmented', 'encodec-48khz', { overlap: 0.9 })).toContain('(overlap): found 0.9, wanted 0 to 0.5');
  expect(changed('segmented', 'encodec-48khz', { chunk_length_s: 1e9 })).toContain('(chunk_length_s)');
  expect(changed('whole', 'encodec-32khz', { chunk_length_s: 1 })).toContain('(chunk_length_s)');
});

test('whatever JSON it is given, it answers with a configuration or a typed error', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      failure(json, 'causal');
    }),
  );
  for (const [kind, name] of kinds) {
    const config = JSON.parse(textOf(name));
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(config)), fc.jsonValue(), (key, value) => {
        failure(JSON.stringify({ ...config, [key]: value }), kind);
      }),
    );
  }
});
