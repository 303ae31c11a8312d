import { createRandom } from '@speech-tokens/core';
import { expect, test } from 'vitest';
import { flatGeneration, llasaSystem, xcodec2Space } from '../../src/index.ts';
import { codes, namedTokens, namesFrom } from '../support/named-tokens.ts';
import { codesOf, collected, script, scriptedModel } from '../support/scripted-model.ts';
import { gridOf } from '../support/spaces.ts';

// The published vocabulary: Llama 3.2's, eight marks, and 65,536 codes.
const vocabularySize = 193_800;
const marks = ['TEXT_GENERATION', 'TEXT_UNDERSTANDING', 'SPEECH_GENERATION', 'SPEECH_UNDERSTANDING'];
const tokenizer = namedTokens(
  new Map([
    ['<|begin_of_text|>', 128_000],
    ['<|start_header_id|>', 128_006],
    ['<|end_header_id|>', 128_007],
    ['<|eot_id|>', 128_009],
    ...marks.flatMap((mark, i): [string, number][] => [
      [`<|${mark}_START|>`, 128_256 + 2 * i],
      [`<|${mark}_END|>`, 128_257 + 2 * i],
    ]),
    ...namesFrom(128_264, 65_536, (n) => `<|s_${n}|>`),
  ]),
  128_000,
);
const system = llasaSystem(tokenizer);
const space = xcodec2Space();
const random = createRandom(1);

const header = (role: string): number[] => [128_006, ...codes(role), 128_007, ...codes('\n\n')];
const chat = (text: string): number[] => [
  128_000,
  ...header('system'),
  ...codes('Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n'),
  128_009,
  ...header('user'),
  ...codes('Convert the text to speech:'),
  128_258,
  ...codes(text),
  128_259,
  128_009,
  ...header('assistant'),
  128_260,
];

test('a prompt is a chat, an id a code, and the speech ends with its mark', async () => {
  const prompt = chat('Hello.');
  const ids = [128_264, 128_264 + 65_535, 128_264 + 12_345, 128_261];
  const model = scriptedModel({ vocabularySize, logits: script(ids, prompt.length, vocabularySize) });
  const generation = flatGeneration(model, system);
  const parts = await collected(generation.generate({ text: 'Hello.', codecSpace: space, random }));
  expect(model.read[0]).toEqual([...prompt, ...ids.slice(0, 3)]);
  expect(codesOf(parts)).toEqual([[0, 65_535, 12_345]]);
  expect(generation).toMatchObject({ codec: { id: 'rvq:xcodec2', codebookCount: 1 }, takes: { prompt: 'optional' } });
  expect(generation.voices).toBeUndefined();
});

test('a speech prompt begins the answer, and its text the text', () => {
  const layout = { tokenSpace: space, slots: system.slots(space), vocabularySize };
  const grid = gridOf(space, 1, 640, (_, frame) => 7 + frame);
  const request = { text: 'B.', codecSpace: space, random };
  const ids = system.promptIds({ ...request, prompt: { grid, text: 'A.' } }, layout);
  expect(ids).toEqual([...chat('A. B.'), 128_271, 128_272]);
  expect(() => system.promptIds({ ...request, prompt: { grid, text: '' } }, layout)).toThrow('what is said');
});
