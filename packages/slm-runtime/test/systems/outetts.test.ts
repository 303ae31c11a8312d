import { createRandom } from '@speech-tokens/core';
import { describe, expect, test } from 'vitest';
import { dacSpeechSpace, flatGeneration, outeTtsSystem, parseOuteTtsSpeaker } from '../../src/index.ts';
import { normalizeText, textAfterSpeaker } from '../../src/systems/outetts/outetts-text.ts';
import { codes, namedTokens, namesFrom } from '../support/named-tokens.ts';
import { codesOf, collected, script, scriptedModel } from '../support/scripted-model.ts';

const vocabularySize = 20_000;
const tags = ['im_start', 'im_end', 'text_start', 'text_end', 'audio_start', 'audio_end', 'word_start', 'word_end'];
const names = new Map([
  ...namesFrom(10_000, tags.length, (i) => `<|${tags[i]}|>`),
  ...namesFrom(10_010, 2, (i) => `<|${['features', 'code'][i]}|>`),
  ...namesFrom(10_100, 101, (i) => `<|energy_${i}|>`),
  ...namesFrom(10_300, 101, (i) => `<|spectral_centroid_${i}|>`),
  ...namesFrom(10_500, 101, (i) => `<|pitch_${i}|>`),
  ...namesFrom(11_000, 1001, (i) => `<|t_${(i / 100).toFixed(2)}|>`),
  ...namesFrom(13_000, 1025, (i) => `<|c1_${i}|>`),
  ...namesFrom(15_000, 1025, (i) => `<|c2_${i}|>`),
]);
const tokenizer = namedTokens(names, 9999);
const id = (name: string): number => names.get(`<|${name}|>`)!;
const newline = codes('\n');
const profile = {
  text: 'Oh my',
  words: [
    { word: 'Oh', duration: 0.2, c1: [5], c2: [6], features: { energy: 10, spectral_centroid: 15, pitch: 45 } },
    { word: 'my', duration: 1.5, c1: [7, 0], c2: [1023, 9] },
  ],
  global_features: { energy: 1 },
  interface_version: 3,
};
const ann = parseOuteTtsSpeaker(JSON.stringify(profile), 'ann.json');
const random = createRandom(1);
const space = dacSpeechSpace();

const start = (text: string): number[] =>
  [
    [id('im_start')],
    newline,
    [id('text_start')],
    codes(text),
    [id('text_end')],
    newline,
    [id('audio_start')],
    newline,
  ].flat();
const word = (
  text: string,
  time: string,
  features: readonly number[],
  frames: readonly (readonly number[])[],
): number[] => [
  id('word_start'),
  ...codes(text),
  id('features'),
  id(`t_${time}`),
  id(`energy_${features[0]}`),
  id(`spectral_centroid_${features[1]}`),
  id(`pitch_${features[2]}`),
  id('code'),
  ...frames.flatMap(([c1, c2]) => [id(`c1_${c1}`), id(`c2_${c2}`)]),
  id('word_end'),
];

test('words come as text and speech, id after id', async () => {
  const system = outeTtsSystem(tokenizer);
  const prompt = start('Hi, you');
  const frames = [
    [1, 1023],
    [0, 0],
    [1023, 4],
  ];
  const ids = [
    ...word('Hi,', '0.30', [1, 2, 3], frames.slice(0, 2)),
    ...newline,
    ...word('you', '0.10', [1, 2, 3], frames.slice(2)),
    ...newline,
    id('audio_end'),
  ];
  const model = scriptedModel({ vocabularySize, logits: script(ids, prompt.length, vocabularySize) });
  const parts = await collected(flatGeneration(model, system).generate({ text: 'Hi,you', codecSpace: space, random }));
  expect(model.read[0]).toEqual([...prompt, ...ids.slice(0, -1)]);
  expect(parts.map((part) => (part.kind === 'text' ? part.text : part.kind))).toEqual([
    'Hi, ',
    'grid',
    'grid',
    'you ',
    'grid',
  ]);
  expect(codesOf(parts)).toEqual([frames.map(([c1]) => c1), frames.map(([, c2]) => c2)]);
});

test('a speaker is what was said before; the model goes on within the next word', async () => {
  const system = outeTtsSystem(tokenizer, { speakers: { ann, bob: { ...ann, text: 'Oh my!' } } });
  const prompt = [
    ...start('Oh my. Hi'),
    ...word('Oh', '0.20', [10, 15, 45], [[5, 6]]),
    ...newline,
    ...word(
      'my.',
      '1.50',
      [0, 0, 0],
      [
        [7, 1023],
        [0, 9],
      ],
    ),
    ...newline,
    id('word_start'),
  ];
  const ids = [...codes('Hi'), id('features'), id('im_end')];
  const model = scriptedModel({ vocabularySize, logits: script(ids, prompt.length, vocabularySize) });
  const generation = flatGeneration(model, system);
  expect(generation.voices).toEqual(['ann', 'bob']);
  const parts = await collected(generation.generate({ text: 'Hi', codecSpace: space, random }));
  expect(model.read[0]!.slice(0, prompt.length)).toEqual(prompt);
  expect(parts).toEqual([{ kind: 'text', text: 'Hi ' }]);
  const layout = { tokenSpace: space, slots: system.slots(space), vocabularySize };
  const bob = system.promptIds({ text: 'Hi', voice: 'bob', codecSpace: space, random }, layout);
  expect(bob.slice(0, 14)).toEqual(start('Oh my! Hi').slice(0, 14));
  expect(bob.slice(-4)).toEqual([id('c2_9'), id('word_end'), ...newline, id('word_start')]);
});

test('codes that do not stand side by side are refused', () => {
  const odd = new Map(names);
  odd.set('<|c2_700|>', 3);
  expect(() => outeTtsSystem(namedTokens(odd, 0))).toThrow('<|c2_700|>');
});

describe('speaker profiles that cannot be', () => {
  const [first] = profile.words;
  test.each<[string, unknown]>([
    ['no JSON', undefined],
    ['interface_version', { ...profile, interface_version: 2 }],
    ['text', { ...profile, text: 3 }],
    ['words', { ...profile, words: [] }],
    ['words[0].word', { ...profile, words: [{ ...first, word: undefined }] }],
    ['words[0].duration', { ...profile, words: [{ ...first, duration: -1 }] }],
    ['words[0].c1', { ...profile, words: [{ ...first, c1: [1024] }] }],
    ['words[0].c2', { ...profile, words: [{ ...first, c2: [] }] }],
    ['words[0].features.pitch', { ...profile, words: [{ ...first, features: { pitch: 'low' } }] }],
  ])('%s', (place, value) => {
    const json = value === undefined ? '{' : JSON.stringify(value);
    const named = value === undefined ? 'the file' : place;
    expect(() => parseOuteTtsSpeaker(json, 'x.json')).toThrow(`cannot be used: ${named} (x.json)`);
  });
});

test.each([
  ['  Hello ,world !', 'Hello, world!'],
  ['“Quoted” – or—not… ....', 'Quoted - or-not......'],
  ["can 't  word ' s  it's", "can't word's it's"],
  ['What?? No!!! a\u00adb\u200bc', 'What? No! abc'],
  ['ﬁne １２', 'fine 12'],
  ["don't  the dogs ' bone' n roll", "don't the dogs'bone'n roll"],
  ['3.14 a\nb', '3. 14 ab'],
  ["Ünï ' é", "Ünï'é"],
])('the text %j is %j to the model', (given, wanted) => {
  expect(normalizeText(given)).toBe(wanted);
});

test.each([
  ['Oh', 'my', 'Oh. my', '.'],
  ['Oh!', ' my ', 'Oh! my', ''],
  ['東京', '大阪', '東京。大阪', '。'],
  ['東京？', '大阪', '東京？大阪', ''],
  ['안녕', '하', '안녕. 하', '.'],
])('after %j comes %j', (said, text, whole, sign) => {
  expect(textAfterSpeaker(said, text)).toEqual({ text: whole, sign });
});
