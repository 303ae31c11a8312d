import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createRandom,
  findComponent,
  type SpeechLanguageModelV0,
  type SpeechPart,
  type TokenSpace,
} from '@speech-tokens/core';
import { createModelStore, withCheckpointDirectory } from '@speech-tokens/core/node';
import { conformanceOfPlugin, defineConformanceTests } from '@speech-tokens/core/testing';
import { afterAll, describe, expect, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import plugin, { dacSpeechSpace, openFlatModel, xcodec2Space } from '../src/index.ts';
import { goldenFolder } from './support/golden.ts';
import { codesOf } from './support/scripted-model.ts';
import { snac } from './support/spaces.ts';
import { writeTinyCheckpoint } from './support/tiny-checkpoint.ts';

// Every promise of the contract: of the model that ships, and of others on small checkpoints.
const store = createModelStore();
const componentsOf = (id: string) => plugin.components.filter((component) => component.id === id);
defineConformanceTests(
  { test, after: afterAll },
  conformanceOfPlugin({ ...plugin, components: componentsOf('slm:small') }, { models: store }),
);
describe.each(['csm', 'moshi'])('slm:%s', (name) => {
  const checkpointDirectory = goldenFolder(name);
  const [component] = componentsOf(`slm:${name}`);
  const models = withCheckpointDirectory(store, checkpointDirectory, component!.models);
  const subject = conformanceOfPlugin({ ...plugin, components: [component!] }, { models, checkpointDirectory });
  defineConformanceTests({ test, after: afterAll }, subject);
});
describe('a decoder over one sequence of ids', () => {
  const paths = {
    config: `${goldenFolder('llama')}/config.json`,
    weights: `${goldenFolder('llama')}/model.safetensors`,
  };
  const load = () => openFlatModel(paths, { threadCount: 1 });
  defineConformanceTests({ test, after: afterAll }, { kind: 'language-model', load });
});

test('package.json lists exactly the components of the plugin', () => {
  const { specificationVersion, provides } = packageJson.speechTokens;
  expect(specificationVersion).toBe(plugin.specificationVersion);
  expect(provides).toEqual(plugin.components.map(({ kind, id, title }) => ({ kind, id, title })));
});

const named = (count: number, name: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => name(i));
const marks = (...names: string[]): string[] => names.map((name) => `<|${name}|>`);

/** The tokens of each system, as many as it has. */
const systems: { readonly [id: string]: { readonly tokens: readonly string[]; readonly space: TokenSpace } } = {
  'slm:orpheus': {
    tokens: ['<|eot_id|>', ...named(10 + 7 * 4096, (i) => `<custom_token_${i}>`)],
    space: snac,
  },
  'slm:llasa': {
    tokens: [
      ...marks('begin_of_text', 'start_header_id', 'end_header_id', 'eot_id', 'TEXT_UNDERSTANDING_START'),
      ...marks('TEXT_UNDERSTANDING_END', 'SPEECH_GENERATION_START', 'SPEECH_GENERATION_END'),
      ...named(65_536, (i) => `<|s_${i}|>`),
    ],
    space: xcodec2Space(),
  },
  'slm:outetts': {
    tokens: [
      ...marks('im_start', 'im_end', 'text_start', 'text_end', 'audio_start', 'audio_end', 'word_start', 'features'),
      ...named(1024, (i) => `<|c1_${i}|>`),
      ...named(1024, (i) => `<|c2_${i}|>`),
    ],
    space: dacSpeechSpace(),
  },
};
const greatest = (logits: Float32Array): number =>
  logits.reduce((best, logit, id) => (logit > logits[best]! ? id : best), 0);
const folder = await mkdtemp(join(tmpdir(), 'slm-'));
afterAll(() => rm(folder, { recursive: true }));

describe.each(Object.entries(systems))('%s in a checkpoint folder', async (id, { tokens, space }) => {
  const component = findComponent(plugin, 'language-model', id);
  const open = async (shardCount: number, more: { weightBits?: 8; signal?: AbortSignal } = {}) => {
    const directory = join(folder, `${id.slice(4)}-${shardCount}`);
    await writeTinyCheckpoint(directory, tokens, shardCount);
    return component.load({
      models: withCheckpointDirectory(createModelStore(), directory, component.models),
      ...more,
    });
  };
  /** The likeliest ids, in order or not. */
  const idsSaid = async (model: SpeechLanguageModelV0): Promise<number[]> => {
    const session = await model.open();
    const ids: number[] = [];
    for (let rows = Int32Array.of(301, 302, 303); ids.length < 20; ) {
      rows = Int32Array.from(await session.step(rows, (_slot, logits) => greatest(logits)));
      ids.push(rows[0]!);
    }
    await session.close();
    return ids;
  };

  test('one file or several are one model, which speaks with the ids that it has', async () => {
    const [whole, sharded] = [await open(1), await open(3)];
    expect(whole.streams).toEqual([{ name: 'ids', role: 'out', vocabularySize: 300 + tokens.length }]);
    expect(await idsSaid(sharded)).toEqual(await idsSaid(whole));
    const say = async (seed: number): Promise<SpeechPart[]> => {
      const parts: SpeechPart[] = [];
      // What comes first of a model that knows nothing: frames, or ids out of their order.
      for await (const part of whole.generation!.generate({
        text: 'Hello there.',
        codecSpace: space,
        random: createRandom(seed),
      })) {
        parts.push(part);
        if (parts.length === 4) break;
      }
      return parts;
    };
    const first = await say(1);
    expect(first.length).toBeGreaterThan(0);
    expect(await say(1)).toEqual(first);
    expect(codesOf(first).every((book) => book.every((code) => code < space.codebooks[0]!.size))).toBe(true);
    await Promise.all([whole.close(), sharded.close()]);
  });

  test('a load that is aborted rejects with the reason', async () => {
    const reason = new Error('enough');
    await expect(open(1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test('weights in 8 bits', async () => {
    const model = await open(1, { weightBits: 8 });
    expect(await idsSaid(model)).toHaveLength(20);
    await model.close();
  });
});

test('the files of a component are those of one repository, and any usual weights stand in', async () => {
  for (const { id, models } of plugin.components) {
    // What is not on the hub ships with the package; of one model, that is all.
    const repositories = models.flatMap(({ source }) => (source.type === 'hub' ? [source.repository] : []));
    expect(new Set(repositories).size).toBe(id === 'slm:small' ? 0 : 1);
    expect(models.every(({ source }) => source.type === 'hub' || source.type === 'bundled')).toBe(true);
    expect(models.some(({ checkpointNames = [] }) => checkpointNames.includes('model.safetensors'))).toBe(true);
  }
});
