import type { LanguageModelSession } from '@speech-tokens/core';
import { afterAll, expect, test } from 'vitest';
import { createMoshiConversation, openMoshi } from '../src/index.ts';
import { goldenFolder, readGolden } from './support/golden.ts';

const reference = readGolden('moshi');
const rows = reference.int32s('rows');
const wanted = reference.int32s('chosen');
const folder = goldenFolder('moshi');
const model = await openMoshi(
  { config: `${folder}/config.json`, weights: `${folder}/model.safetensors` },
  { rollbackSteps: 20 },
);
const width = model.streams.length;
const outCount = model.streams.filter(({ role }) => role === 'out').length;
const stepCount = rows.length / width;

afterAll(() => model.close());

const best = (_: unknown, logits: Float32Array): number => logits.indexOf(Math.max(...logits));

/** What is chosen at each step from one up to another. */
async function chosen(session: LanguageModelSession, from: number, to: number): Promise<number[]> {
  const found: number[] = [];
  for (let step = from; step < to; step++) {
    const ids = await session.step(rows.subarray(step * width, (step + 1) * width), best);
    expect([...ids.subarray(outCount)]).toEqual(new Array(width - outCount).fill(-1));
    found.push(...ids.subarray(0, outCount));
  }
  return found;
}

test('text and codes of 200 steps are those of the authors’ code, far beyond its window', async () => {
  expect(await chosen(await model.open(), 0, stepCount)).toEqual([...wanted]);
});

test('steps are taken back and go on in a fork, also where the ring has gone round', async () => {
  const session = await model.open();
  for (let round = 0; round < 3; round++) await chosen(session, 0, stepCount - 20);
  const before = session.stepCount;
  const start = await session.fork();
  const straight = await chosen(session, 100, 120);
  await session.rollback(before);
  expect(await chosen(session, 100, 120)).toEqual(straight);
  expect(await chosen(start, 100, 120)).toEqual(straight);
  await expect(session.rollback(before - 1)).rejects.toThrow(`an integer from ${before} to`);
});

test('rows that are read at once are rows that are read one by one', async () => {
  const session = await model.open();
  await session.step(rows.subarray(0, 50 * width));
  expect(await chosen(session, 50, 70)).toEqual([...wanted.subarray(50 * outCount, 70 * outCount)]);
});

test('a step that is aborted rejects at once, counts as not made, and lets the next one wait for its end', async () => {
  const session = await model.open();
  await chosen(session, 0, 10);
  const abort = new AbortController();
  let choose = (_id: number): void => undefined;
  let step: Promise<Int32Array> = Promise.resolve(new Int32Array());
  await new Promise<void>((asked) => {
    const wait = (): Promise<number> => {
      asked();
      return new Promise((resolve) => {
        choose = resolve;
      });
    };
    step = session.step(rows.subarray(10 * width, 11 * width), wait, { signal: abort.signal });
  });
  abort.abort('enough');
  await expect(step).rejects.toBe('enough');
  const next = chosen(session, 10, 20);
  choose(0);
  expect(await next).toEqual([...wanted.subarray(10 * outCount, 20 * outCount)]);
});

test('a conversation says what the authors’ loop says, with its delays, also after steps that were aborted', async () => {
  const user = reference.int32s('user');
  const frames = reference.int32s('frames');
  const userCount = user.length / stepCount;
  const conversation = createMoshiConversation(model, await model.open(), best);
  const found: number[] = [];
  const texts: number[] = [];
  for (let step = 0; step < stepCount; step++) {
    const codes = Int32Array.from({ length: userCount }, (_, k) => user[k * stepCount + step]!);
    if (step % 7 === 3) await expect(conversation.step(codes, { signal: AbortSignal.abort() })).rejects.toThrow();
    const turn = await conversation.step(codes);
    texts.push(turn.textId);
    if (turn.codes) found.push(...turn.codes);
  }
  expect(texts).toEqual(Array.from({ length: stepCount }, (_, step) => wanted[step * outCount]!));
  // The authors give text and codes of one frame together.
  const ofCodes = frames.filter((_, i) => i % outCount !== 0);
  expect(found).toEqual([...ofCodes]);
  expect(found.length).toBe((stepCount - 1) * (outCount - 1));
});
