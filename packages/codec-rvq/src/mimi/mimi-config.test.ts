import { readFileSync } from 'node:fs';
import { isSpeechTokensError } from '@speech-tokens/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseMimiConfig } from './mimi-config.ts';

const text = readFileSync(new URL('../../test/golden/mimi/config.json', import.meta.url), 'utf8');
const saved: Readonly<Record<string, unknown>> = JSON.parse(text);

function failure(config: string): string {
  try {
    parseMimiConfig(config, 'config.json');
    return 'accepted';
  } catch (error) {
    if (!isSpeechTokensError(error, 'checkpoint-invalid')) throw error;
    return error.message;
  }
}
const changed = (changes: object): string => failure(JSON.stringify({ ...saved, ...changes }));

test('reads what was saved', () => {
  expect(parseMimiConfig(text, 'config.json')).toEqual({
    sampleRateHz: 24_000,
    hopSamples: 48,
    codebookCount: 6,
    codebookSize: 64,
    codebookWidth: 10,
    semanticCodebookCount: 1,
    latentWidth: 24,
    seanet: {
      filterCount: 3,
      ratios: [4, 3, 2],
      residualLayerCount: 1,
      residualKernelSize: 3,
      dilationGrowth: 2,
      compress: 2,
      kernelSize: 7,
      lastKernelSize: 3,
    },
    transformer: {
      layerCount: 2,
      headCount: 3,
      headWidth: 8,
      feedForwardWidth: 40,
      windowPositions: 10,
      rotaryTheta: 10_000,
      normEpsilon: 1e-5,
    },
  });
});

test('newer files keep the rotary base elsewhere, and may leave out the frame rate and the width of a head', () => {
  const { rope_theta: _, frame_rate: __, head_dim: ___, ...rest } = saved;
  const newer = { ...rest, rope_parameters: { rope_type: 'default', rope_theta: 500 } };
  expect(parseMimiConfig(JSON.stringify(newer), 'config.json').transformer).toMatchObject({
    rotaryTheta: 500,
    headWidth: 8,
  });
  expect(changed({ rope_parameters: { rope_type: 'yarn', rope_theta: 500 } })).toContain('(rope_parameters.rope_type)');
  expect(failure(JSON.stringify(rest))).toContain('(rope_theta): found nothing');
});

test('names the field that is wrong', () => {
  expect(failure('{')).toContain('(syntax)');
  expect(failure('null')).toContain('(model_type)');
  expect(changed({ pad_mode: 'reflect' })).toContain('(pad_mode): found "reflect", wanted "constant"');
  expect(changed({ use_conv_shortcut: true })).toContain('(use_conv_shortcut)');
  expect(changed({ upsampling_ratios: [24_001] })).toContain('(upsampling_ratios)');
  expect(changed({ upsampling_ratios: Array(9).fill(2) })).toContain('at most 8');
  expect(changed({ frame_rate: 250 })).toContain('(frame_rate): found 250, wanted 500');
  expect(changed({ num_semantic_quantizers: 6 })).toContain('an integer from 1 to 5');
  expect(changed({ num_key_value_heads: 1 })).toContain('(num_key_value_heads): found 1, wanted 3');
  expect(changed({ head_dim: 7 })).toContain('(head_dim): found 7, wanted an even number');
  expect(changed({ dilation_growth_rate: 64, num_residual_layers: 5 })).toContain('(dilation_growth_rate)');
  expect(changed({ upsample_groups: 1 })).toContain('(upsample_groups): found 1, wanted 24');
});

test('whatever JSON it is given, it answers with a configuration or a typed error', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      failure(json);
    }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(saved)), fc.jsonValue(), (key, value) => {
      changed({ [key]: value });
    }),
    { numRuns: 1_000 },
  );
});
