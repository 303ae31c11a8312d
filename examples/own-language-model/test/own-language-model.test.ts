import { fileURLToPath } from 'node:url';
import codecs from '@speech-tokens/codec-rvq';
import {
  createRandom,
  findComponent,
  joinGrids,
  type PluginManifest,
  type SpeechLanguageModelV0,
  type SpeechPart,
  type SpeechRequest,
} from '@speech-tokens/core';
import { createModelStore, withCheckpointDirectory } from '@speech-tokens/core/node';
import { conformanceOfPlugin, defineConformanceTests } from '@speech-tokens/core/testing';
import { streamAudio, streamingOf } from '@speech-tokens/slm-runtime';
import { afterAll, expect, test } from 'vitest';
import plugin from '../own-language-model.ts';
import packageJson from '../package.json' with { type: 'json' };

// A tiny Llama of 130 ids stands for a model of this family.
const folder = fileURLToPath(new URL('../../../packages/slm-runtime/test/golden/llama', import.meta.url));
const store = createModelStore({ offline: true });
const component = findComponent(plugin, 'language-model', 'own:side-by-side');
const models = withCheckpointDirectory(store, folder, component.models);
const model: SpeechLanguageModelV0 = await component.load({ models });
const detokenizer = await findComponent(codecs, 'detokenizer', model.generation!.codec.id).load({ models: store });

defineConformanceTests(
  { test, after: afterAll },
  conformanceOfPlugin(plugin, {
    models,
    checkpointDirectory: folder,
    manifest: packageJson.speechTokens as PluginManifest,
  }),
);

async function said(request: Partial<SpeechRequest>): Promise<readonly SpeechPart[]> {
  const parts: SpeechPart[] = [];
  const whole = { codecSpace: detokenizer.tokenSpace, random: createRandom(1), maxFrames: 20, ...request };
  for await (const part of model.generation!.generate(whole)) parts.push(part);
  return parts;
}

const gridsOf = (parts: readonly SpeechPart[]) => parts.flatMap((part) => (part.kind === 'grid' ? [part.grid] : []));

test('it says a text: letters and codes, which the codec makes sound of', async () => {
  const parts = await said({ text: 'Hello.' });
  const grid = joinGrids(gridsOf(parts));
  expect(grid.tracks[0]!.ids).toHaveLength(20);
  expect(Math.max(...grid.tracks[0]!.ids)).toBeLessThan(30);
  expect(parts.filter(({ kind }) => kind === 'text')).toHaveLength(20);
  let sampleCount = 0;
  const grids = (async function* () {
    yield* gridsOf(parts);
  })();
  for await (const { channels } of streamAudio(streamingOf(detokenizer), grids)) sampleCount += channels[0]!.length;
  expect(sampleCount).toBe(20 * 320);
});

test('seeds, texts and settings decide what it says; it ends where its context is full', async () => {
  const usual = await said({ text: 'Hello.' });
  expect(await said({ text: 'Hello.' })).toEqual(usual);
  for (const other of [{ text: 'Hellos' }, { random: createRandom(2) }, { sampling: { temperature: 0 } }]) {
    expect(await said({ text: 'Hello.', ...other })).not.toEqual(usual);
  }
  const { maxFrames: _, ...endless } = { maxFrames: 0, text: 'a'.repeat(500), sampling: { temperature: 0 } };
  expect(gridsOf(await said({ ...endless, maxFrames: 10_000 })).length).toBeLessThanOrEqual(13);
  await expect(said({ text: 'ü' })).rejects.toMatchObject({ code: 'argument-invalid' });
});

test('it goes back and forks as any model does', async () => {
  const session = await model.open();
  const choose = (_: unknown, logits: Float32Array): number => logits.indexOf(Math.max(...logits));
  const rows = Int32Array.of(40, -1, 69, -1);
  const first = await session.step(rows, choose);
  await session.rollback(0);
  const fork = await session.fork();
  expect(await session.step(rows, choose)).toEqual(first);
  expect(await fork.step(rows, choose)).toEqual(first);
});

afterAll(() => Promise.all([model.close(), detokenizer.close()]));
