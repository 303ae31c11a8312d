import { readFileSync } from 'node:fs';
import { isSpeechTokensError } from '@speech-tokens/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSpeechCodecConfig } from './speech-codec-config.ts';

const text = readFileSync(new URL('../../test/golden/tiny/config.json', import.meta.url), 'utf8');

function failure(config: string): string {
  try {
    parseSpeechCodecConfig(config, 'config.json');
    return 'accepted';
  } catch (error) {
    if (!isSpeechTokensError(error, 'checkpoint-invalid')) throw error;
    return error.message;
  }
}

const changed = (change: (config: Record<string, Record<string, unknown>>) => unknown): string => {
  const config = JSON.parse(text);
  change(config);
  return failure(JSON.stringify(config));
};

test('reads what was exported', () => {
  const config = parseSpeechCodecConfig(text, 'config.json');
  expect(config).toMatchObject({ hopSamples: 320, lookaheadSamples: 320, codebookCount: 4, latentWidth: 6 });
  expect(config.encoder.slow).toEqual({ channels: 24, blocks: 2, expansion: 2, kernelFrames: 3 });
});

test('names the field that is wrong', () => {
  expect(failure('{')).toContain('(syntax)');
  expect(failure('null')).toContain('(model_type)');
  expect(changed((c) => Object.assign(c, { model_type: 'encodec' }))).toContain('found "encodec"');
  expect(changed((c) => Object.assign(c, { format_version: 1 }))).toContain('(format_version): found 1, wanted 2');
  expect(changed((c) => delete c.encoder!.blocks_50hz)).toContain('(encoder.blocks_50hz): found nothing');
  expect(changed((c) => Object.assign(c, { codebook_count: 0 }))).toContain('an integer from 1 to 256');
  expect(changed((c) => Object.assign(c, { lookahead_samples: 100 }))).toContain('a multiple of 320');
  expect(changed((c) => Object.assign(c.decoder!, { hop_samples: 100 }))).toContain('found 100, wanted 160');
  expect(changed((c) => Object.assign(c.decoder!, { window_samples: 500 }))).toContain('(decoder.window_samples)');
});

test('whatever JSON it is given, it answers with a configuration or a typed error', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      failure(json);
    }),
  );
  const keys = Object.keys(JSON.parse(text));
  fc.assert(
    fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
      failure(JSON.stringify({ ...JSON.parse(text), [key]: value }));
    }),
  );
});
