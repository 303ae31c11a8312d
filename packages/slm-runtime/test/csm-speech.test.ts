import { fileURLToPath } from 'node:url';
import plugin from '@speech-tokens/codec-rvq';
import { createRandom, findComponent, joinGrids, type PcmChunk, type TokenGrid } from '@speech-tokens/core';
import { createModelStore, withCheckpointDirectory } from '@speech-tokens/core/node';
import { afterAll, expect, test } from 'vitest';
import { createSampler, csmSpeech, openCsm, streamAudio } from '../src/index.ts';
import { goldenFolder, readGolden } from './support/golden.ts';

// A tiny CSM of 4 codebooks of 40 codes, and a tiny Mimi that has as many and more.
const folder = goldenFolder('csm');
const prompt = readGolden('csm').int32s('prompt');
const model = await openCsm({ config: `${folder}/config.json`, weights: `${folder}/model.safetensors` });
const codebookCount = model.streams.length - 1;
const component = findComponent(plugin, 'detokenizer', 'rvq:mimi');
const mimiFolder = fileURLToPath(new URL('../../codec-rvq/test/golden/mimi', import.meta.url));
const mimi = await component.load({
  models: withCheckpointDirectory(createModelStore(), mimiFolder, component.models),
});

afterAll(() => Promise.all([model.close(), mimi.close()]));

/** Sampled speech of at most so many frames. */
async function* speech(seed: number, maxFrames: number, signal?: AbortSignal): AsyncGenerator<TokenGrid> {
  const session = await model.open();
  const samplers = model.streams.map(({ name, vocabularySize }) =>
    createSampler({
      vocabularySize,
      temperature: 0.9,
      topK: 20,
      random: createRandom(seed).fork(name),
      ...(name === 'text' ? {} : { forbidden: [{ first: 40, end: vocabularySize }] }),
    }),
  );
  yield* csmSpeech(session, {
    prompt,
    choose: ({ stream }, logits) => samplers[stream]!.sample(logits),
    tokenSpace: mimi.tokenSpace,
    maxFrames,
    ...(signal === undefined ? {} : { signal }),
  });
}

async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function joined(chunks: readonly PcmChunk[]): Float32Array {
  const samples = new Float32Array(chunks.reduce((sum, { channels }) => sum + channels[0]!.length, 0));
  for (const { startSample, channels } of chunks) samples.set(channels[0]!, startSample);
  return samples;
}

test('sound that streams while the model speaks is that of all frames at once', async () => {
  const grids = await collected(speech(5, 40));
  expect(grids).toHaveLength(40);
  expect(grids.every(({ tracks }) => tracks.length === codebookCount)).toBe(true);
  const whole = await mimi.detokenize(joinGrids(grids));
  const streamed = joined(await collected(streamAudio(mimi.streaming!, speech(5, 40))));
  expect(streamed).toEqual(whole.channels[0]);
});

test('the same seed says the same, another one something else', async () => {
  const ids = async (seed: number) =>
    (await collected(speech(seed, 10))).map(({ tracks }) => tracks.map(({ ids: [id] }) => id));
  const first = await ids(1);
  expect(await ids(1)).toEqual(first);
  expect(await ids(2)).not.toEqual(first);
});

test('it stops where the listener stops', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  let heard = 0;
  const listening = (async () => {
    for await (const { channels } of streamAudio(mimi.streaming!, speech(3, 1000, controller.signal), {
      signal: controller.signal,
    })) {
      heard += channels[0]!.length;
      if (heard > 200) controller.abort(reason);
    }
  })();
  await expect(listening).rejects.toBe(reason);
  expect(heard).toBeLessThan(20 * 48);
});

test('a frame of zeros ends it', async () => {
  const session = await model.open();
  let frames = 0;
  const grids = await collected(
    csmSpeech(session, {
      prompt,
      tokenSpace: mimi.tokenSpace,
      choose: ({ stream }) => {
        if (stream === 0) frames += 1;
        return frames === 4 ? 0 : 7;
      },
    }),
  );
  expect(grids).toHaveLength(3);
});
