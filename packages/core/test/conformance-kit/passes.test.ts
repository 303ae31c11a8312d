import { afterAll, expect, it, test } from 'vitest';
import type { SpeechDetokenizerV1, SpeechTokenizerV1, TokenGrid } from '../../src/index.ts';
import { createRandom } from '../../src/random/seeded-random.ts';
import { defineConformanceTests, makeMixedClip } from '../../src/testing/index.ts';
import { createReferenceDetokenizer } from './reference-detokenizer.ts';
import { multiRateFormat, plainFormat, type ReferenceFormat, stereoFormat } from './reference-format.ts';
import { createReferenceTokenizer } from './reference-tokenizer.ts';
import { failuresOf, referencePair, resultsOf } from './run-kit.ts';

// The kit inside a test runner, as an author uses it.
defineConformanceTests({ test, after: afterAll }, referencePair());

const formats: { readonly [name: string]: ReferenceFormat } = { multiRateFormat, stereoFormat };

it.each(Object.entries(formats))('passes a codec that keeps every promise: %s', async (_name, format) => {
  const results = await resultsOf(referencePair({}, format));
  expect(results.filter(({ status }) => status !== 'passed')).toEqual([]);
});

it.each(['one seed', 'another seed', 3])('passes it with other sounds and chunk sizes: seed %s', async (seed) => {
  expect(failuresOf(await resultsOf(referencePair({}, multiRateFormat), { seed }))).toEqual([]);
});

it('passes it with clips of the author', async () => {
  const seen: number[] = [];
  const results = await resultsOf({
    kind: 'tokenizer',
    async load() {
      const tokenizer = createReferenceTokenizer(plainFormat);
      return {
        ...tokenizer,
        tokenize(clip, options) {
          seen.push(clip.channels[0]?.length ?? 0);
          return tokenizer.tokenize(clip, options);
        },
      };
    },
    clips: [makeMixedClip(plainFormat, 777, createRandom('a recording'))],
  });
  expect(failuresOf(results)).toEqual([]);
  expect(seen).toContain(777);
});

it('skips what an implementation does not have, and says why', async () => {
  const results = await resultsOf({
    kind: 'pair',
    loadTokenizer: async () => bareTokenizer(),
    loadDetokenizer: async () => bareDetokenizer(),
  });
  expect(failuresOf(results)).toEqual([]);
  const skipped = new Map(results.filter(({ status }) => status === 'skipped').map(({ id, reason }) => [id, reason]));
  const passed = results.filter(({ status }) => status === 'passed').map(({ id }) => id);
  expect(skipped.get('tokenizer/batch')).toBe('the tokenizer has no tokenizeBatch');
  expect(skipped.get('detokenizer/batch')).toBe('the detokenizer has no detokenizeBatch');
  expect(skipped.get('tokenizer/codebook-prefix')).toBe('its token space declares prefixDecodable: false');
  expect(skipped.get('pair/streams-through')).toBe('the tokenizer has no streaming side');
  expect(passed.filter((id) => id.includes('-stream/'))).toEqual([]);
  expect(passed).toContain('pair/round-trip');
});

it('skips saved states where sessions have none', async () => {
  const results = await resultsOf({
    kind: 'tokenizer',
    async load() {
      const tokenizer = createReferenceTokenizer(plainFormat);
      const streaming = tokenizer.streaming as NonNullable<typeof tokenizer.streaming>;
      return {
        ...tokenizer,
        streaming: {
          ...streaming,
          async open(options) {
            const { saveState: _, ...session } = await streaming.open(options);
            return session;
          },
        },
      };
    },
  });
  expect(failuresOf(results)).toEqual([]);
  expect(results.filter(({ status }) => status === 'skipped').map(({ id, reason }) => `${id}: ${reason}`)).toEqual([
    'tokenizer-stream/state-continues: its sessions have no saveState',
    'tokenizer-stream/state-after-unawaited: its sessions have no saveState',
    'tokenizer-stream/state-refused: its sessions have no saveState',
  ]);
});

it('takes side information from the tokenizer of the pair', async () => {
  const hopSamples = 30;
  const tokenSpace = { ...createReferenceTokenizer(plainFormat).tokenSpace, prefixDecodable: false };
  const results = await resultsOf({
    kind: 'pair',
    async loadTokenizer() {
      const { streaming: _, tokenizeBatch: __, ...tokenizer } = createReferenceTokenizer(plainFormat);
      return {
        ...tokenizer,
        tokenSpace,
        async tokenize(clip, options) {
          const grid: TokenGrid = { ...(await tokenizer.tokenize(clip, options)), tokenSpace };
          const values = new Float32Array(Math.ceil(grid.sampleCount / hopSamples)).fill(2);
          return { ...grid, sideTracks: [{ name: 'scale', hopSamples, valuesPerFrame: 1, values }] };
        },
      };
    },
    async loadDetokenizer() {
      const { streaming: _, detokenizeBatch: __, ...detokenizer } = createReferenceDetokenizer(plainFormat);
      return {
        ...detokenizer,
        tokenSpace,
        async detokenize(grid, options) {
          if (grid.tokenSpace.id === tokenSpace.id && !grid.sideTracks) throw new Error('No scale.');
          const own = grid.tokenSpace.id === tokenSpace.id ? detokenizer.tokenSpace : grid.tokenSpace;
          return detokenizer.detokenize({ ...grid, tokenSpace: own }, options);
        },
      };
    },
  });
  expect(failuresOf(results)).toEqual([]);
});

function bareTokenizer(): SpeechTokenizerV1 {
  const { streaming: _, tokenizeBatch: __, ...tokenizer } = createReferenceTokenizer(plainFormat);
  const tokenSpace = { ...tokenizer.tokenSpace, prefixDecodable: false };
  return {
    ...tokenizer,
    tokenSpace,
    tokenize: async (clip, options) => ({ ...(await tokenizer.tokenize(clip, options)), tokenSpace }),
  };
}

function bareDetokenizer(): SpeechDetokenizerV1 {
  const { streaming: _, detokenizeBatch: __, ...detokenizer } = createReferenceDetokenizer(plainFormat);
  const tokenSpace = { ...detokenizer.tokenSpace, prefixDecodable: false };
  return {
    ...detokenizer,
    tokenSpace,
    detokenize(grid, options) {
      const own = grid.tokenSpace.id === tokenSpace.id ? detokenizer.tokenSpace : grid.tokenSpace;
      return detokenizer.detokenize({ ...grid, tokenSpace: own }, options);
    },
  };
}
