import type { LanguageModelSession } from '@speech-tokens/core';
import { afterAll, expect, test } from 'vitest';
import { openCsm } from '../src/index.ts';
import { goldenFolder, readGolden } from './support/golden.ts';

const reference = readGolden('csm');
const prompt = reference.int32s('prompt');
const wanted = reference.int32s('frames');
const folder = goldenFolder('csm');
const model = await openCsm({ config: `${folder}/config.json`, weights: `${folder}/model.safetensors` });
const codebookCount = model.streams.length - 1;

afterAll(() => model.close());

const best = (_: unknown, logits: Float32Array): number => logits.indexOf(Math.max(...logits));

/** Greedy frames, each row followed by the next. */
async function frames(session: LanguageModelSession, start: Int32Array, count: number): Promise<number[]> {
  const found: number[] = [];
  let row = start;
  for (let i = 0; i < count; i++) {
    row = await session.step(row, best);
    expect(row.at(-1)).toBe(-1);
    found.push(...row.subarray(0, codebookCount));
  }
  return found;
}

test('frames after a prompt of text and sound are those of PyTorch, 200 of them', async () => {
  const session = await model.open();
  expect(await frames(session, prompt, wanted.length / codebookCount)).toEqual([...wanted]);
});

test('logits of the first codebook are those of PyTorch', async () => {
  const session = await model.open();
  const logits = reference.float32s('logits');
  let difference = Number.POSITIVE_INFINITY;
  await session.step(prompt, ({ stream }, found) => {
    if (stream === 0) difference = Math.max(...found.map((value, i) => Math.abs(value - logits[i]!)));
    return 0;
  });
  expect(difference).toBeLessThan(1e-4);
});

test('row by row, taken back, and in a fork, frames are the same', async () => {
  const session = await model.open();
  const width = model.streams.length;
  const count = prompt.length / width;
  for (let i = 0; i < count - 1; i++) {
    expect(await session.step(prompt.subarray(i * width, (i + 1) * width))).toEqual(new Int32Array(width).fill(-1));
  }
  const last = prompt.subarray(-width);
  const fork = await session.fork();
  const start = [...wanted.subarray(0, 10 * codebookCount)];
  expect(await frames(session, last, 10)).toEqual(start);
  await session.rollback(count - 1);
  expect(await frames(session, last, 10)).toEqual(start);
  expect(await frames(fork, last, 10)).toEqual(start);
});

test('a step that is aborted, or whose choice fails, counts as not made', async () => {
  const session = await model.open();
  const controller = new AbortController();
  const reason = new Error('enough');
  const aborted = session.step(
    prompt,
    ({ stream }, logits) => {
      if (stream === 1) controller.abort(reason);
      return best(0, logits);
    },
    { signal: controller.signal },
  );
  await expect(aborted).rejects.toBe(reason);
  expect(session.stepCount).toBe(0);
  expect(await frames(session, prompt, 3)).toEqual([...wanted.subarray(0, 3 * codebookCount)]);
});

test('an id that a stream does not have is refused by name', async () => {
  const session = await model.open();
  await expect(session.step(Int32Array.of(0, 1, 2, 43, -1))).rejects.toThrow('id 43 for the stream codebook 3');
});
