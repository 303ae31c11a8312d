import codecs from '@speech-tokens/codec-rvq';
import {
  createRandom,
  findComponent,
  type SpeechLanguageModelV0,
  type SpeechRequest,
  type TokenGrid,
  type TokenSpace,
} from '@speech-tokens/core';
import { createModelStore } from '@speech-tokens/core/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import plugin from '../../src/index.ts';
import { parseSmallColumns, type SmallColumns } from '../../src/systems/small/small-columns.ts';
import { smallGeneration } from '../../src/systems/small/small-generation.ts';
import { readGolden } from '../support/golden.ts';
import { codesOf, collected, peakAt, type ScriptedModel, scriptedModel } from '../support/scripted-model.ts';
import { gridOf } from '../support/spaces.ts';

const columns: SmallColumns = {
  unitSpace: 'test:units#a',
  codecSpace: 'test:codec#b',
  unitCount: 8,
  codeCount: 16,
  delaySteps: 2,
  initialId: 18,
  endId: 19,
};
const vocabularySize = 20;
const space = (id: string, ...sizes: number[]): TokenSpace => ({
  id,
  sampleRateHz: 16_000,
  codebooks: sizes.map((size, k) => ({ name: `book-${k}`, size, hopSamples: 320 })),
  prefixDecodable: true,
});
const units = space(columns.unitSpace, 8);
const codec = space(columns.codecSpace, 16, 16, 16);

/** Two columns of codes. Unit of frame t is t mod 8, codes are (t mod 16, 15 - t mod 16); the end comes at a frame. */
function counting(endFrame = Number.POSITIVE_INFINITY, contextSteps = 300): ScriptedModel {
  return scriptedModel({
    vocabularySize,
    streamCount: 4,
    inputCount: 1,
    contextSteps,
    logits: (stepCount, stream) => {
      const unitFrame = stepCount - 1;
      if (stream === 0) return peakAt(unitFrame === endFrame ? columns.endId : unitFrame % 8, vocabularySize);
      const frame = Math.max(unitFrame - columns.delaySteps, 0) % 16;
      return peakAt(stream === 1 ? frame : 15 - frame, vocabularySize);
    },
  });
}

const say = (model: ScriptedModel, request: Partial<SpeechRequest> = {}) =>
  collected(smallGeneration(model, columns).generate({ codecSpace: codec, random: createRandom(1), ...request }));
const promptOf = (frames: number, unitFrames = frames): { grid: TokenGrid; units: TokenGrid } => ({
  grid: gridOf(codec, 3, frames * 320, (k, t) => (7 + k + t) % 16),
  units: gridOf(units, 1, unitFrames * 320, (_, t) => (5 + t) % 8),
});
const rowsOf = (model: ScriptedModel): number[][] => {
  const [read = []] = model.read;
  return Array.from({ length: read.length / 4 }, (_, i) => read.slice(4 * i, 4 * i + 4));
};

test('units come first, and codes of a frame so many steps later', async () => {
  const model = counting();
  const parts = await say(model, { maxFrames: 4 });
  expect(codesOf(parts)).toEqual([
    [0, 1, 2, 3],
    [15, 14, 13, 12],
  ]);
  expect(parts.map((part) => part.kind === 'grid' && part.grid.startSample)).toEqual([0, 320, 640, 960]);
  expect(rowsOf(model).slice(0, 5)).toEqual([
    [18, 18, 18, -1],
    [0, 18, 18, -1],
    [1, 18, 18, -1],
    [2, 0, 15, -1],
    [3, 1, 14, -1],
  ]);
  expect(model.closedCount()).toBe(1);
});

test('a prompt is read as it is, and none of it is said again', async () => {
  const model = counting();
  const parts = await say(model, { prompt: promptOf(5), maxFrames: 3 });
  expect(rowsOf(model).slice(0, 9)).toEqual([
    [18, 18, 18, -1],
    [5, 18, 18, -1],
    [6, 18, 18, -1],
    [7, 7, 8, -1],
    [0, 8, 9, -1],
    [1, 9, 10, -1],
    [5, 10, 11, -1],
    [6, 11, 12, -1],
    [7, 5, 10, -1],
  ]);
  expect(codesOf(parts)).toEqual([
    [5, 6, 7],
    [10, 9, 8],
  ]);
});

test('where units of the prompt end before its codes, the model says those that are missing', async () => {
  const model = counting();
  const parts = await say(model, { prompt: promptOf(5, 3), maxFrames: 2 });
  expect(rowsOf(model).slice(3, 8)).toEqual([
    [7, 7, 8, -1],
    [3, 8, 9, -1],
    [4, 9, 10, -1],
    [5, 10, 11, -1],
    [6, 11, 12, -1],
  ]);
  expect(codesOf(parts)).toEqual([
    [5, 6],
    [10, 9],
  ]);
});

test('after its end the model says the codes that are still due; it may not end in the first second', async () => {
  expect(codesOf(await say(counting(60)))[0]).toEqual(Array.from({ length: 60 }, (_, t) => t % 16));
  // At frame 10 the end is not among the ids to choose from; at frame 60, of which 20 are a prompt's, neither.
  expect((await say(counting(10), { maxFrames: 70 })).length).toBe(70);
  expect((await say(counting(60), { prompt: promptOf(20), maxFrames: 70 })).length).toBe(70);
});

test('a full context ends it, and of a long prompt the last half of a context is heard', async () => {
  const model = counting(undefined, 100);
  const parts = await say(model, { prompt: promptOf(80) });
  expect(parts.length).toBe(100 - 50 - columns.delaySteps);
  expect(rowsOf(model)[1]).toEqual([(5 + 30) % 8, 18, 18, -1]);
});

describe('what does not fit is refused before anything is run', () => {
  const cases: [string, Partial<SpeechRequest>, string][] = [
    ['a text', { text: 'Hello' }, 'does not read'],
    ['a voice', { voice: 'low' }, 'no such voice'],
    ['no frames', { maxFrames: 0 }, 'number of frames'],
    ['a codec of other weights', { codecSpace: space('test:codec#c', 16, 16) }, 'trained on other tokens'],
    ['a codec of too few codebooks', { codecSpace: space('test:codec#b', 16) }, 'does not fit'],
    ['a prompt without units', { prompt: { grid: promptOf(5).grid } }, 'cannot follow the prompt'],
    [
      'units of other weights',
      { prompt: { grid: promptOf(5).grid, units: gridOf(space('test:units#z', 8), 1, 320, () => 1) } },
      'trained on other tokens',
    ],
    [
      'a prompt of too few codebooks',
      { prompt: { ...promptOf(5), grid: gridOf(codec, 1, 320, () => 1) } },
      'cannot hear this speech',
    ],
  ];
  test.each(cases)('%s', async (_, request, message) => {
    const model = counting();
    await expect(say(model, request)).rejects.toThrow(message);
    expect(model.read).toEqual([]);
  });
});

test('a configuration without columns is refused by the field', () => {
  const valid = { vocab_size: 20, speech_tokens: { unit_space: 'a', codec_space: 'b', unit_count: 8, code_count: 16 } };
  expect(() => parseSmallColumns(JSON.stringify(valid), 'config.json')).toThrow('speech_tokens.delay_steps');
  expect(() => parseSmallColumns('{"vocab_size": 20}', 'config.json')).toThrow('speech_tokens.unit_space');
});

describe('the bundled model', () => {
  const store = { models: createModelStore({ offline: true }), threadCount: 1 };
  let model: SpeechLanguageModelV0;
  let codecSpace: TokenSpace;

  beforeAll(async () => {
    model = await findComponent(plugin, 'language-model', 'slm:small').load(store);
    const codec = await findComponent(codecs, 'detokenizer', model.generation!.codec.id).load(store);
    codecSpace = codec.tokenSpace;
    await codec.close();
  });

  afterAll(() => model.close());

  test('has the logits of PyTorch', async () => {
    const golden = readGolden('small');
    const [rows, said, logits] = [golden.int32s('rows'), golden.int32s('said'), golden.float32s('logits')];
    const width = model.streams.length - 1; // without the column of texts
    const vocabulary = model.streams[0]!.vocabularySize;
    const stepCount = rows.length / width;
    const firstStep = stepCount - logits.length / (width * vocabulary);
    const session = await model.open();
    let difference = 0;
    for (let step = 0; step < stepCount; step++) {
      const at = step * width;
      await session.step(Int32Array.of(...rows.subarray(at, at + width), -1), ({ stream }, found) => {
        const wanted = ((step - firstStep) * width + stream) * vocabulary;
        if (step >= firstStep)
          for (const [i, value] of found.entries())
            difference = Math.max(difference, Math.abs(value - logits[wanted + i]!));
        return Math.max(said[at + stream]!, 0);
      });
    }
    expect(stepCount - firstStep).toBeGreaterThan(0);
    expect(difference).toBeLessThan(1e-3);
  });

  test('was trained on the bundled codec, and says the same for the same seed', async () => {
    const said = async (seed: number): Promise<number[][]> =>
      codesOf(await collected(model.generation!.generate({ codecSpace, random: createRandom(seed), maxFrames: 12 })));
    const first = await said(1);
    expect(first.map((codes) => codes.length)).toEqual(new Array(model.generation!.codec.codebookCount).fill(12));
    expect(await said(1)).toEqual(first);
    expect(await said(2)).not.toEqual(first);
  });
});
