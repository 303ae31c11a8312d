import { createRandom, type TokenGrid } from '@speech-tokens/core';
import { expect, test } from 'vitest';
import { flatGeneration, orpheusSystem } from '../../src/index.ts';
import { codes, namedTokens, namesFrom } from '../support/named-tokens.ts';
import { codesOf, collected, script, scriptedModel } from '../support/scripted-model.ts';
import { gridOf, snac } from '../support/spaces.ts';

// The published vocabulary: Llama 3's, and custom tokens after it.
const vocabularySize = 156_940;
const tokenizer = namedTokens(
  new Map([['<|eot_id|>', 128_009], ...namesFrom(128_256, 28_684, (n) => `<custom_token_${n}>`)]),
  128_000,
);
const system = orpheusSystem(tokenizer);
const random = createRandom(1);
const turn = (text: string): number[] => [128_259, 128_000, ...codes(text), 128_009, 128_260, 128_261, 128_257];

/** The id that the authors' decoder takes for this code: the number of the custom token is 10 + 4096 · slot + code. */
const idOf = (slot: number, code: number): number => 128_256 + 10 + 4096 * slot + code;
const books = [0, 1, 2, 2, 1, 2, 2];

function said(frames: readonly (readonly number[])[]): number[] {
  return frames.flatMap((frame) => frame.map((code, slot) => idOf(slot, code)));
}

test('a prompt is a voice and a text, the speech after it comes out as it was written', async () => {
  const prompt = turn('leo: Hi <laugh>');
  const frames = [
    [0, 1, 2, 3, 4, 5, 6],
    [4095, 0, 4095, 0, 4095, 0, 4095],
  ];
  const ids = [...said(frames), 128_258];
  const model = scriptedModel({ vocabularySize, logits: script(ids, prompt.length, vocabularySize) });
  const generation = flatGeneration(model, system);
  const parts = await collected(generation.generate({ text: 'Hi <laugh>', voice: 'leo', codecSpace: snac, random }));
  expect(model.read).toEqual([[...prompt, ...ids.slice(0, -1)]]);
  expect(parts.map((part) => part.kind === 'grid' && part.grid.startSample)).toEqual([0, 2048]);
  const tracks = [0, 1, 2].map((book) => frames.flatMap((frame) => frame.filter((_, slot) => books[slot] === book)));
  expect(codesOf(parts)).toEqual(tracks);
  expect(model.closedCount()).toBe(1);
});

test('its voices, its codec, and what it takes', () => {
  const generation = flatGeneration(scriptedModel({ vocabularySize, logits: script([], 0, vocabularySize) }), system);
  expect(generation.voices).toEqual(['tara', 'leah', 'jess', 'leo', 'dan', 'mia', 'zac', 'zoe']);
  expect(generation.takes).toEqual({ text: 'needed', prompt: 'optional' });
  expect(generation.codec).toEqual({
    id: 'rvq:snac-24khz',
    codebookCount: 3,
    window: { blockFrames: [1], leftContextFrames: 1, lookaheadFrames: 2 },
  });
});

test('without a voice it is tara', () => {
  const layout = { tokenSpace: snac, slots: system.slots(snac), vocabularySize };
  expect(system.promptIds({ text: 'A', codecSpace: snac, random }, layout)).toEqual(turn('tara: A'));
});

test('a speech prompt is a turn before, whole frames of it', () => {
  const layout = { tokenSpace: snac, slots: system.slots(snac), vocabularySize };
  const grid: TokenGrid = gridOf(snac, 3, 2048 + 600, (codebook, frame) => 10 * codebook + frame);
  const ids = system.promptIds({ text: 'B', prompt: { grid, text: 'A' }, codecSpace: snac, random }, layout);
  const speech = said([[0, 10, 20, 21, 11, 22, 23]]);
  expect(ids).toEqual([...turn('A'), ...speech, 128_258, 128_262, ...turn('B')]);
});

test('a speech prompt needs its text, and takes no voice by name', () => {
  const layout = { tokenSpace: snac, slots: system.slots(snac), vocabularySize };
  const grid = gridOf(snac, 3, 2048, () => 7);
  const request = { text: 'B', codecSpace: snac, random };
  expect(() => system.promptIds({ ...request, prompt: { grid } }, layout)).toThrow('what is said in the prompt');
  expect(() => system.promptIds({ ...request, prompt: { grid, text: 'A' }, voice: 'leo' }, layout)).toThrow('voice');
});

test('a tokenizer of another model is refused', () => {
  const names = new Map([['<|eot_id|>', 9], ...namesFrom(20, 60, (n) => `<custom_token_${n}>`)]);
  expect(() => orpheusSystem(namedTokens(names, 0))).toThrow('<custom_token_60>');
  names.set('<custom_token_12>', 3);
  expect(() => orpheusSystem(namedTokens(names, 0), { codebookSize: 6 })).toThrow(
    /custom_token_12.*found id 3, wanted id 32/,
  );
});
