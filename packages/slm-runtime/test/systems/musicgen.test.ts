import { readFileSync } from 'node:fs';
import { createRandom, joinGrids, type TokenGrid, type TokenSpace } from '@speech-tokens/core';
import { describe, expect, test } from 'vitest';
import { createSampler, musicgenMusic } from '../../src/index.ts';
import { goldenFolder } from '../support/golden.ts';
import { collected, peakAt, scriptedModel } from '../support/scripted-model.ts';
import { gridOf } from '../support/spaces.ts';

interface Case {
  readonly prompt: readonly (readonly number[])[];
  readonly frameCount: number;
  readonly mask: readonly (readonly number[])[];
  readonly stepsBeforeFirstChoice: number;
  readonly ids: readonly (readonly number[])[];
  readonly output: readonly (readonly number[])[];
}

// Made by tools/reference/make_musicgen_pattern.py, with the same scripted model.
const cases: readonly Case[] = JSON.parse(readFileSync(`${goldenFolder('musicgen')}/pattern.json`, 'utf8'));
const size = 2048;
const choice = (step: number, codebook: number): number => (977 * step + 31 * codebook + 5) % size;

const space: TokenSpace = {
  id: 'test:encodec-32khz',
  sampleRateHz: 32_000,
  codebooks: [0, 1, 2, 3].map((k) => ({ name: `codebook-${k}`, size, hopSamples: 640 })),
  prefixDecodable: true,
};
const base = { codecSpace: space, random: createRandom(3) };
const tracksOf = (grids: readonly TokenGrid[]): number[][] => joinGrids(grids).tracks.map(({ ids }) => [...ids]);

describe.each(cases)('transformers, case %#', ({ prompt, frameCount, mask, stepsBeforeFirstChoice, ids, output }) => {
  const promptFrames = prompt[0]!.length;
  const given = gridOf(space, 4, 640 * promptFrames, (codebook, frame) => prompt[codebook]![frame]!);
  const request = { ...base, frameCount, guidanceScale: 1, ...(promptFrames === 0 ? {} : { prompt: given }) };

  test('the model reads and plays the same', async () => {
    const model = scriptedModel({
      vocabularySize: size,
      streamCount: 4,
      logits: (stepCount, stream) => peakAt(choice(stepCount, stream), size),
    });
    const grids = await collected(musicgenMusic({ conditional: await model.open() }, request));
    expect(tracksOf(grids)).toEqual(output);
    expect(grids.map(({ startSample }) => startSample)).toEqual(output[0]!.map((_, frame) => 640 * frame));
    // All steps but the last, after which nothing is asked for.
    const steps = ids[0]!.slice(0, -1).flatMap((_, step) => ids.map((row) => row[step]!));
    expect(model.read[0]).toEqual(steps);
  });

  test('it is asked for just the cells that the pattern leaves to it', async () => {
    const asked: string[] = [];
    const model = scriptedModel({ vocabularySize: size, streamCount: 4, logits: () => new Float32Array(size) });
    const session = await model.open();
    const asking = {
      ...session,
      step: async (rows: Int32Array, choose?: Parameters<typeof session.step>[1]) =>
        session.step(rows, async (slot, logits) => {
          const id = await choose!(slot, logits);
          if (id !== -1) asked.push(`${model.read[0]!.length / 4} ${slot.stream}`);
          return id;
        }),
    };
    await collected(musicgenMusic({ conditional: asking }, request));
    const wanted = mask[0]!.flatMap((_, step) =>
      mask.flatMap((row, stream) => (row[step] === -1 ? [`${step} ${stream}`] : [])),
    );
    expect(asked).toEqual(wanted);
    expect(asked[0]).toBe(`${stepsBeforeFirstChoice} 0`);
  });
});

describe('guidance', () => {
  const few = { ...space, codebooks: space.codebooks.map((book) => ({ ...book, size: 40 })) };
  const noise = (seed: number) => (stepCount: number, stream: number) => {
    const random = createRandom(`${seed} ${stepCount} ${stream}`);
    return Float32Array.from({ length: 40 }, () => 4 * random.nextUnit());
  };
  const model = (seed: number) => scriptedModel({ vocabularySize: 40, streamCount: 4, logits: noise(seed) });

  test('goes from the logits without the text through those with it', async () => {
    const request = { ...base, codecSpace: few, frameCount: 9, sampling: { temperature: 0 } };
    const [conditional, unconditional] = [model(1), model(2)];
    const sessions = { conditional: await conditional.open(), unconditional: await unconditional.open() };
    const found = tracksOf(await collected(musicgenMusic(sessions, request)));
    const sampler = createSampler({ vocabularySize: 40, temperature: 0, guidanceScale: 3, random: base.random });
    const wanted = [0, 1, 2, 3].map((stream) =>
      Array.from({ length: 9 }, (_, frame) => {
        const step = 1 + frame + stream;
        return sampler.sample(noise(1)(step, stream), { unconditional: noise(2)(step, stream) });
      }),
    );
    expect(found).toEqual(wanted);
    expect(unconditional.read).toEqual(conditional.read);
  });

  test('equal seeds play equal music', async () => {
    const played = async (seed: number): Promise<number[][]> => {
      const sessions = { conditional: await model(1).open(), unconditional: await model(2).open() };
      const request = { codecSpace: few, random: createRandom(seed), frameCount: 20 };
      return tracksOf(await collected(musicgenMusic(sessions, request)));
    };
    expect(await played(1)).toEqual(await played(1));
    expect(await played(1)).not.toEqual(await played(2));
  });

  test('takes two sessions, and a number of frames', async () => {
    const conditional = await model(1).open();
    const request = { ...base, codecSpace: few, frameCount: 2 };
    await expect(musicgenMusic({ conditional }, request).next()).rejects.toThrow('takes two sessions');
    const none = musicgenMusic({ conditional }, { ...request, guidanceScale: 1, frameCount: 0 });
    await expect(none.next()).rejects.toThrow('number of frames');
  });

  test('an abort ends it with the reason', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const request = { ...base, codecSpace: few, frameCount: 9, guidanceScale: 1, signal: controller.signal };
    const music = musicgenMusic({ conditional: await model(1).open() }, request);
    await music.next();
    controller.abort(reason);
    await expect(music.next()).rejects.toBe(reason);
  });
});
