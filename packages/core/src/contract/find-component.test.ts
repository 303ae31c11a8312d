import { expect, test } from 'vitest';
import { findComponent } from './find-component.ts';
import type { DetokenizerComponent, SpeechPluginV1, TokenizerComponent } from './speech-plugin.ts';

const shared = {
  id: 'rvq:a',
  title: 'A',
  models: [],
  tokenSpace: { id: 'rvq:a#1', sampleRateHz: 16_000, codebooks: [], prefixDecodable: true },
  load: async () => {
    throw new Error('not loaded here');
  },
};
const tokenizer: TokenizerComponent = { kind: 'tokenizer', ...shared };
const detokenizer: DetokenizerComponent = { kind: 'detokenizer', ...shared };
const plugin: SpeechPluginV1 = { specificationVersion: 'v1', components: [tokenizer, detokenizer] };

test('finds by kind and id', () => {
  expect(findComponent(plugin, 'tokenizer', 'rvq:a')).toBe(tokenizer);
  expect(findComponent(plugin, 'detokenizer', 'rvq:a')).toBe(detokenizer);
});

test('an unknown id names those that there are', () => {
  expect(() => findComponent(plugin, 'tokenizer', 'rvq:b')).toThrow('found "rvq:b", wanted rvq:a');
  expect(() => findComponent(plugin, 'language-model', 'rvq:a')).toThrow('wanted a plugin with a language-model');
});
