import { createRandom, isSpeechTokensError, type SpeechRequest } from '@speech-tokens/core';
import { describe, expect, test } from 'vitest';
import { type FlatSystem, flatGeneration } from '../../src/index.ts';
import { codesOf, collected, peakAt, script, scriptedModel } from '../support/scripted-model.ts';
import { gridOf } from '../support/spaces.ts';

// Two codebooks of four codes, ids 10 to 13 and 20 to 23; 1 ends. The prompt is a number for each letter.
const vocabularySize = 40;
const space = {
  id: 'test:two',
  sampleRateHz: 8000,
  codebooks: [0, 1].map((k) => ({ name: `codebook-${k}`, size: 4, hopSamples: 160 })),
  prefixDecodable: true,
};
const system: FlatSystem = {
  codec: { id: 'test:two', codebookCount: 2 },
  codecShape: space,
  takes: { text: 'needed', prompt: 'refused' },
  voices: ['a', 'b'],
  sampling: { temperature: 1 },
  endIds: [1],
  slots: () => [0, 1].map((codebook) => ({ codebook, frame: 0, idOffset: 10 * (codebook + 1) })),
  promptIds: ({ text = '' }) => [...text].map((_, i) => 30 + i),
};
const request = (more: Partial<SpeechRequest> = {}): SpeechRequest => ({
  text: 'abc',
  codecSpace: space,
  random: createRandom(5),
  ...more,
});
const speaking = (ids: readonly number[], contextSteps?: number) =>
  scriptedModel({
    vocabularySize,
    logits: script(ids, 3, vocabularySize),
    ...(contextSteps === undefined ? {} : { contextSteps }),
  });

test('it ends at the id that ends it; a frame that was only begun is told', async () => {
  const model = speaking([10, 21, 12, 23, 11, 1, 10, 20]);
  const parts = await collected(flatGeneration(model, system).generate(request()));
  expect(codesOf(parts)).toEqual([
    [0, 2],
    [1, 3],
  ]);
  expect(parts.at(-1)).toEqual({ kind: 'broken', ids: Uint32Array.of(11) });
  expect(model.read).toEqual([[30, 31, 32, 10, 21, 12, 23, 11]]);
});

test('ids out of their order are told in their place, and others that mean nothing are passed over', async () => {
  const model = speaking([10, 21, 23, 7, 13, 20, 1]);
  const parts = await collected(flatGeneration(model, system).generate(request()));
  expect(parts.map((part) => (part.kind === 'broken' ? [...part.ids] : part.kind))).toEqual(['grid', [23], 'grid']);
  expect(codesOf(parts)).toEqual([
    [0, 3],
    [1, 0],
  ]);
});

test('text that the model writes comes in its place', async () => {
  const model = speaking([7, 10, 21, 8, 9, 12, 23, 1]);
  const writing = {
    ...system,
    openText: () => (ids: Uint32Array) => [...ids].map((id) => (id === 8 ? '' : id)).join(),
  };
  const parts = await collected(flatGeneration(model, writing).generate(request()));
  expect(parts.map((part) => (part.kind === 'text' ? part.text : part.kind))).toEqual(['7', 'grid', '9', 'grid']);
});

test('no more than maxFrames, and no step after them', async () => {
  const model = speaking([10, 21, 12, 23, 11, 22]);
  const parts = await collected(flatGeneration(model, system).generate(request({ maxFrames: 2 })));
  expect(codesOf(parts)[0]).toEqual([0, 2]);
  expect(model.read[0]).toHaveLength(3 + 3);
  expect(model.closedCount()).toBe(1);
});

test('where the context is full it ends', async () => {
  const model = speaking([10, 21, 12, 23, 11, 22, 10, 20], 6);
  const parts = await collected(flatGeneration(model, system).generate(request()));
  expect(codesOf(parts)[0]).toEqual([0, 2]);
  expect(model.read[0]).toHaveLength(6);
  const full = flatGeneration(speaking([], 2), system).generate(request());
  await expect(full.next()).rejects.toThrow('There is no room for the prompt: found 3 ids, wanted 2');
});

test('steps are made as parts are asked for; who stops listening closes the session', async () => {
  const model = speaking([10, 21, 12, 23, 11, 22]);
  const parts = flatGeneration(model, system).generate(request());
  await parts.next();
  expect([model.read[0]!.length, model.closedCount()]).toEqual([4, 0]);
  await parts.return();
  expect([model.read[0]!.length, model.closedCount()]).toEqual([4, 1]);
});

test.each([0, 1, 3])('an abort while step %i is made ends it with the reason', async (abortedStep) => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const model = scriptedModel({
    vocabularySize,
    logits: async (stepCount) => {
      if (stepCount === 3 + abortedStep) controller.abort(reason);
      return peakAt(stepCount % 2 === 1 ? 10 : 20, vocabularySize);
    },
  });
  const parts: unknown[] = [];
  const speech = flatGeneration(model, system).generate(request({ signal: controller.signal }));
  const all = (async () => {
    for await (const part of speech) parts.push(part);
  })();
  await expect(all).rejects.toBe(reason);
  const frames = Math.floor(abortedStep / 2);
  expect([parts.length, model.read[0]!.length, model.closedCount()]).toEqual([frames, 3 + abortedStep, 1]);
  const late = flatGeneration(model, system).generate(request({ signal: controller.signal }));
  await expect(late.next()).rejects.toBe(reason);
  expect(model.read).toHaveLength(1);
});

describe('how ids are chosen', () => {
  /** Any of the codes of the slot that is next. */
  const even = (stepCount: number): Float32Array => {
    const logits = new Float32Array(vocabularySize).fill(-50);
    logits.fill(0, stepCount % 2 === 1 ? 10 : 20, stepCount % 2 === 1 ? 14 : 24);
    return logits;
  };
  const said = async (more: Partial<SpeechRequest>, own: FlatSystem = system): Promise<string> => {
    const generation = flatGeneration(scriptedModel({ vocabularySize, logits: even }), own);
    return JSON.stringify(codesOf(await collected(generation.generate(request({ maxFrames: 12, ...more })))));
  };

  test('equal seeds give equal ids, also where the source of them has been used', async () => {
    const used = createRandom(5);
    used.nextUint32();
    expect(await said({ random: used })).toBe(await said({}));
    expect(await said({ random: createRandom(6) })).not.toBe(await said({}));
  });

  test('what the request says goes before what the model does', async () => {
    const zeros = JSON.stringify([Array(12).fill(0), Array(12).fill(0)]);
    expect(await said({ sampling: { temperature: 0 } })).toBe(zeros);
    expect(await said({}, { ...system, sampling: { temperature: 0 } })).toBe(zeros);
    expect(await said({ sampling: { temperature: 1 } }, { ...system, sampling: { temperature: 0 } })).not.toBe(zeros);
  });

  test('a repetition penalty sees the prompt', async () => {
    const penal: FlatSystem = {
      ...system,
      promptIds: () => [10, 11, 12],
      sampling: { temperature: 0, repetitionPenalty: { penalty: 2, windowSize: Number.POSITIVE_INFINITY } },
    };
    const one = (): Float32Array => new Float32Array(vocabularySize).fill(-50).fill(1, 10, 14).fill(1, 20, 24);
    const model = scriptedModel({ vocabularySize, logits: one });
    const parts = await collected(flatGeneration(model, penal).generate(request({ maxFrames: 1 })));
    expect(codesOf(parts)).toEqual([[3], [0]]);
    expect(model.read[0]).toEqual([10, 11, 12, 13]);
  });
});

describe('requests that do not fit', () => {
  const grid = gridOf(space, 2, 160, () => 1);
  const other = { ...space, codebooks: space.codebooks.map((book) => ({ ...book, size: 5 })) };
  test.each<[string, Partial<SpeechRequest>, string]>([
    ['an empty text', { text: ' ' }, 'text'],
    ['a prompt', { prompt: { grid } }, 'prompt'],
    ['a voice that is not there', { voice: 'c' }, 'voice'],
    ['no frames', { maxFrames: 0 }, 'maxFrames'],
    ['half a frame', { maxFrames: 0.5 }, 'maxFrames'],
    ['a codec of other sizes', { codecSpace: other }, 'codecSpace'],
    ['a codec of too few codebooks', { codecSpace: { ...space, codebooks: space.codebooks.slice(1) } }, 'codecSpace'],
    ['a codec of another rate', { codecSpace: { ...space, sampleRateHz: 16_000 } }, 'codecSpace'],
    ['a temperature below 0', { sampling: { temperature: -1 } }, 'temperature'],
  ])('%s', async (_, more, argument) => {
    const model = speaking([10]);
    const error = await flatGeneration(model, system)
      .generate(request(more))
      .next()
      .catch((thrown: unknown) => thrown);
    expect(isSpeechTokensError(error, 'argument-invalid') && error.details.argument).toBe(argument);
    expect(model.read).toEqual([]);
  });

  test('no text, a prompt of another space, an empty prompt where one is needed', async () => {
    const taking: FlatSystem = { ...system, takes: { text: 'optional', prompt: 'needed' } };
    const generation = flatGeneration(speaking([1]), taking);
    const { text: _, ...silent } = request();
    await expect(generation.generate(silent).next()).rejects.toThrow('needs a prompt');
    const foreign = { ...grid, tokenSpace: other };
    await expect(generation.generate({ ...silent, prompt: { grid: foreign } }).next()).rejects.toThrow('token space');
    await expect(
      flatGeneration(speaking([1]), system)
        .generate(silent)
        .next(),
    ).rejects.toThrow('needs a text');
    const wide = {
      ...space,
      id: 'test:wide',
      codebooks: [...space.codebooks, { name: 'c', size: 9, hopSamples: 160 }],
    };
    const { done } = await flatGeneration(speaking([1]), system)
      .generate(request({ codecSpace: wide }))
      .next();
    expect(done).toBe(true);
  });
});
