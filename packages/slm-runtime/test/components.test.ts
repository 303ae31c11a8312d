import { readFile } from 'node:fs/promises';
import codec from '@speech-tokens/codec-rvq';
import {
  type Component,
  createRandom,
  findComponent,
  joinGrids,
  type LanguageModelComponent,
  type ModelFile,
  type SpeechLanguageModelV0,
  type SpeechPart,
  type SpeechRequest,
  type TokenGrid,
  type TokenSpace,
} from '@speech-tokens/core';
import { createModelStore, withCheckpointDirectory } from '@speech-tokens/core/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import plugin, { csmPrompt, csmSpeech } from '../src/index.ts';
import { parseMoshiConfig } from '../src/systems/moshi/moshi-config.ts';
import { goldenFolder, readGolden } from './support/golden.ts';

// Tiny checkpoints that stand in for the published ones, and a tiny Mimi of 6 codebooks of 40 codes.
let csm: SpeechLanguageModelV0;
let moshi: SpeechLanguageModelV0;
let mimi: TokenSpace;

async function loaded(id: string, directory: string, weightBits?: 8): Promise<SpeechLanguageModelV0> {
  const component = findComponent(plugin, 'language-model', id);
  const models = withCheckpointDirectory(createModelStore({ offline: true }), directory, component.models);
  return component.load({ models, threadCount: 1, ...(weightBits === undefined ? {} : { weightBits }) });
}

beforeAll(async () => {
  csm = await loaded('slm:csm', goldenFolder('csm'));
  moshi = await loaded('slm:moshi', goldenFolder('moshi'));
  const component = findComponent(codec, 'detokenizer', 'rvq:mimi');
  const models = withCheckpointDirectory(createModelStore(), goldenFolder('mimi'), component.models);
  const detokenizer = await component.load({ models });
  mimi = detokenizer.tokenSpace;
  await detokenizer.close();
});

afterAll(() => Promise.all([csm.close(), moshi.close()]));

async function said(model: SpeechLanguageModelV0, request: Partial<SpeechRequest>): Promise<SpeechPart[]> {
  const parts: SpeechPart[] = [];
  const whole = { codecSpace: mimi, random: createRandom(3), ...request };
  for await (const part of model.generation!.generate(whole)) parts.push(part);
  return parts;
}

const gridsOf = (parts: readonly SpeechPart[]): TokenGrid[] =>
  parts.flatMap((part) => (part.kind === 'grid' ? [part.grid] : []));
const idsOf = (grids: readonly TokenGrid[]): number[][] => joinGrids(grids).tracks.map(({ ids }) => [...ids]);
/** Speech of so many codebooks and frames, of codes below 40. */
const speech = (codebookCount: number, frameCount: number): TokenGrid => ({
  tokenSpace: mimi,
  startSample: 0,
  sampleCount: 48 * frameCount,
  tracks: Array.from({ length: codebookCount }, (_, k) => ({
    ids: Uint32Array.from({ length: frameCount }, (_, frame) => (7 * k + 11 * frame + 5) % 40),
  })),
});

test('the manifest says what the plugin has, and every file has a place', async () => {
  const { speechTokens } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
  const provided = (components: readonly Component[]) => components.map(({ kind, id, title }) => ({ kind, id, title }));
  expect(speechTokens.provides).toEqual(provided(plugin.components));
  const config = findComponent(plugin, 'language-model', 'slm:moshi').models.find(({ name }) => name === 'config.json');
  const { path } = await createModelStore().resolve(config as ModelFile);
  const parsed = parseMoshiConfig(await readFile(path, 'utf8'), path);
  expect(parsed).toMatchObject({
    ownCodebookCount: 8,
    codebookCount: 16,
    textVocabularySize: 32_000,
    codebookSize: 2048,
  });
  expect(parsed.backbone).toMatchObject({
    width: 4096,
    feedForwardWidth: 11_264,
    layerCount: 32,
    windowPositions: 3000,
  });
});

test('CSM takes its published files from one folder, its index first', () => {
  const { models } = findComponent(plugin, 'language-model', 'slm:csm') as LanguageModelComponent;
  const weights = models.filter(({ checkpointNames }) => checkpointNames !== undefined);
  expect(weights.map(({ name }) => name)).toEqual([
    'transformers.safetensors.index.json',
    'transformers-00001-of-00002.safetensors',
    'transformers-00002-of-00002.safetensors',
  ]);
  expect(weights.every(({ checkpointNames }) => checkpointNames![0] === weights[0]!.name)).toBe(true);
});

test('CSM says a text: what the best ids say, greedily, after the authors’ prompt', async () => {
  const parts = await said(csm, { text: 'hi there', voice: '1', maxFrames: 12, sampling: { temperature: 0 } });
  const ids = '[1]hi there'.replaceAll(' ', 'Ġ');
  const letters = [...'Ġabcdefghijklmnopqrstuvwxyz0123456789[].,!?'];
  const textIds = [80, ...[...ids].map((letter) => letters.indexOf(letter)), 81];
  const wanted: TokenGrid[] = [];
  const session = await csm.open();
  for await (const grid of csmSpeech(session, {
    prompt: csmPrompt([{ speaker: 1, text: 'hi there' }], () => textIds, 4),
    // The last three ids of each codebook are no codes.
    choose: (_, logits) => logits.indexOf(Math.max(...logits.subarray(0, 40))),
    tokenSpace: mimi,
    maxFrames: 12,
  })) {
    wanted.push(grid);
  }
  expect(gridsOf(parts)).toHaveLength(12);
  expect(idsOf(gridsOf(parts))).toEqual(idsOf(wanted));
});

test('equal seeds say the same; another speaker, text, prompt or seed says something else; no id is without a sound', async () => {
  const request = { text: 'so it goes', maxFrames: 15 };
  const first = idsOf(gridsOf(await said(csm, request)));
  expect(idsOf(gridsOf(await said(csm, { ...request, voice: '0' })))).toEqual(first);
  const prompt = { grid: speech(6, 5), text: 'before' };
  for (const other of [{ voice: '3' }, { text: 'so it went' }, { prompt }, { random: createRandom(4) }]) {
    expect(idsOf(gridsOf(await said(csm, { ...request, ...other })))).not.toEqual(first);
  }
  expect(Math.max(...first.flat())).toBeLessThan(40);
});

test('CSM ends where its context is full, and says so of a prompt that is longer', async () => {
  const sampling = { temperature: 0 };
  // Two texts of four letters with begin and end, and 480 frames with their end.
  const prompt = { grid: speech(4, 480), text: 'a' };
  const rows = 6 + 480 + 1 + 6;
  const grids = gridsOf(await said(csm, { text: 'b', prompt, sampling }));
  expect(grids).toHaveLength(csm.contextSteps - rows + 1);
  expect(csm.contextSteps).toBe(512);
  const long = { text: 'b', prompt: { grid: speech(4, 600), text: 'a' } };
  await expect(said(csm, long)).rejects.toThrow('longer than the context');
});

test('CSM refuses what it cannot do by name', async () => {
  await expect(said(csm, {})).rejects.toThrow('needs a text: found none');
  await expect(said(csm, { text: 'a', voice: 'zoe' })).rejects.toThrow(
    'no such voice: found "zoe", wanted one of 0, 1',
  );
  await expect(said(csm, { text: 'a', maxFrames: 0 })).rejects.toThrow('number of frames is out of range: found 0');
  await expect(said(csm, { text: 'a', prompt: { grid: speech(6, 2) } })).rejects.toThrow('what is said in it');
  const few = { text: 'a', prompt: { grid: speech(3, 2), text: 'b' } };
  await expect(said(csm, few)).rejects.toMatchObject({ code: 'token-grid-invalid' });
  const other = { ...mimi, codebooks: mimi.codebooks.slice(0, 3) };
  await expect(said(csm, { text: 'a', codecSpace: other })).rejects.toThrow(
    'wanted rvq:mimi with at least 4 codebooks',
  );
});

test('whoever stops listening ends the session, an abort the speech', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const speaking = (async () => {
    let frames = 0;
    const request = { codecSpace: mimi, random: createRandom(1), text: 'a', signal: controller.signal };
    for await (const _ of csm.generation!.generate(request)) if (++frames === 3) controller.abort(reason);
  })();
  await expect(speaking).rejects.toBe(reason);
});

/** The reference's user, and the greedy answer of the authors' loop to it: text and codes by frame. */
function reference() {
  const golden = readGolden('moshi');
  const [user, frames, chosen] = [golden.int32s('user'), golden.int32s('frames'), golden.int32s('chosen')];
  const stepCount = user.length / 4;
  const heard = (step: number): TokenGrid => ({
    tokenSpace: mimi,
    startSample: 48 * step,
    sampleCount: 48,
    tracks: Array.from({ length: 4 }, (_, k) => ({ ids: Uint32Array.of(user[k * stepCount + step]!) })),
  });
  return { frames, chosen, stepCount, heard };
}

test('Moshi hears and speaks: the first frame goes in twice, and what it says is that of the authors’ loop', async () => {
  const { frames, chosen, stepCount, heard } = reference();
  // The authors' loop may say all 43 codes of the model.
  const codecSpace = { ...mimi, codebooks: mimi.codebooks.map((book) => ({ ...book, size: 43 })) };
  const session = await moshi.duplex!.open({ codecSpace, random: createRandom(1), sampling: { temperature: 0 } });
  const parts: SpeechPart[] = [];
  // What is given in the very first step is not heard, so the reference's first frame is of no matter.
  for (let step = 1; step < stepCount; step++) {
    const aborted = session.step(heard(step), { signal: AbortSignal.abort() });
    if (step % 9 === 1) await expect(aborted).rejects.toThrow();
    else await aborted.catch(() => {});
    const found = await session.step(heard(step));
    expect(found.filter(({ kind }) => kind === 'grid')).toHaveLength(1);
    parts.push(...found);
  }
  await session.close();
  const grids = gridsOf(parts);
  expect(grids.map(({ startSample }) => startSample)).toEqual(grids.map((_, frame) => 48 * frame));
  const width = chosen.length / stepCount;
  expect(grids.flatMap(({ tracks }) => tracks.map(({ ids }) => ids[0]))).toEqual(
    [...frames].filter((_, i) => i % width !== 0),
  );
  const textIds = Array.from({ length: stepCount }, (_, step) => chosen[step * width]!);
  const wanted = textIds.filter((id) => ![0, 1, 3].includes(id)).map((id) => ` ${id}`);
  expect(parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []))).toEqual(wanted);
  expect(wanted.length).toBeGreaterThan(0);
});

test('Moshi answers a recording for as long as it lasts, as it does step by step', async () => {
  const random = () => createRandom(8);
  const parts = await said(moshi, { prompt: { grid: speech(6, 30) }, random: random() });
  expect(gridsOf(parts)).toHaveLength(30);
  const session = await moshi.duplex!.open({ codecSpace: mimi, random: random() });
  const stepwise: SpeechPart[] = [];
  const { tracks } = speech(4, 30);
  for (let frame = 0; frame < 30; frame++) {
    const heard = tracks.map(({ ids }) => ({ ids: ids.slice(frame, frame + 1) }));
    stepwise.push(
      ...(await session.step({ tokenSpace: mimi, startSample: 48 * frame, sampleCount: 48, tracks: heard })),
    );
  }
  expect(stepwise).toEqual(parts);
  expect(gridsOf(await said(moshi, { prompt: { grid: speech(4, 30) }, maxFrames: 4 }))).toHaveLength(4);
  // Sound that ends within a frame is heard to its end.
  const cut = { ...speech(6, 30), sampleCount: 48 * 30 - 7 };
  expect(await said(moshi, { prompt: { grid: cut }, random: random() })).toEqual(parts);
  const other = await said(moshi, { prompt: { grid: speech(6, 30) }, random: createRandom(9) });
  expect(other).not.toEqual(parts);
});

test('Moshi refuses what it cannot do by name', async () => {
  const prompt = { grid: speech(4, 2) };
  await expect(said(moshi, {})).rejects.toThrow('needs a prompt: found none');
  await expect(said(moshi, { prompt, text: 'a' })).rejects.toThrow('takes no text');
  await expect(said(moshi, { prompt, voice: 'a' })).rejects.toThrow('no voices by name');
  await expect(said(moshi, { prompt, maxFrames: 1.5 })).rejects.toThrow('number of frames is out of range');
  const session = await moshi.duplex!.open({ codecSpace: mimi, random: createRandom(1) });
  await expect(session.step(speech(4, 2))).rejects.toThrow('hears one frame: found 2 frames');
  await expect(session.step(speech(3, 1))).rejects.toMatchObject({ code: 'token-grid-invalid' });
});

test('weights in 8 bits are other weights', async () => {
  const quantized = await loaded('slm:csm', goldenFolder('csm'), 8);
  const logits: Float32Array[] = [];
  for (const model of [csm, quantized]) {
    const session = await model.open();
    await session.step(Int32Array.of(-1, -1, -1, -1, 5), ({ stream }, found) => {
      if (stream === 0) logits.push(found.slice());
      return 0;
    });
  }
  await quantized.close();
  expect(logits[0]).not.toEqual(logits[1]);
  expect(Math.max(...logits[0]!.map((value, i) => Math.abs(value - logits[1]![i]!)))).toBeLessThan(0.5);
});

test('a folder without the text tokenizer says so', async () => {
  await expect(loaded('slm:moshi', goldenFolder('csm'))).rejects.toThrow('wanted tokenizer_spm_32k_3.model');
});
