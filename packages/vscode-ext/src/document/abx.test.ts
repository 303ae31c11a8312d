import { createRandom } from '@speech-tokens/core';
import { describe, expect, test } from 'vitest';
import { type AbxRun, type AbxSide, abxReport, answered, chanceOf, scoreOf, startAbx, xOf } from './abx.ts';

describe('the trials of a blind test', () => {
  test('are the same for the same seed, and others for another', () => {
    const xs = (seed: string): string => startAbx(createRandom(seed), 40).xs.join('');
    expect(xs('one')).toBe(xs('one'));
    expect(new Set(['one', 'two', 'three'].map(xs)).size).toBe(3);
  });

  test('are A and B equally often, whatever came before', () => {
    const { xs } = startAbx(createRandom('even'), 40_000);
    const share = (some: readonly AbxSide[]): number => some.filter((x) => x === 'a').length / some.length;
    // Five standard deviations of 40,000 and of 20,000 fair coins.
    expect(Math.abs(share(xs) - 0.5)).toBeLessThan(5 * 0.0025);
    expect(Math.abs(share(xs.filter((_, i) => xs[i - 1] === 'a')) - 0.5)).toBeLessThan(5 * 0.0036);
  });

  test('go on with each answer, and end', () => {
    let run: AbxRun = { xs: ['a', 'b', 'a'], answers: [] };
    expect(xOf(run)).toBe('a');
    for (const answer of ['a', 'a'] as const) run = answered(run, answer);
    expect(xOf(run)).toBe('a');
    expect(scoreOf(run)).toMatchObject({ answerCount: 2, correctCount: 1 });
    run = answered(run, 'a');
    expect(xOf(run)).toBeUndefined();
    expect(answered(run, 'b')).toBe(run);
  });
});

describe('the chance of guessing', () => {
  test.each([
    // Counted by hand, and from tables of the binomial distribution.
    [0, 0, 1],
    [0, 5, 1],
    [5, 5, 1 / 32],
    [4, 5, 6 / 32],
    [9, 10, 11 / 1024],
    [12, 16, 2517 / 65_536],
    [14, 16, 137 / 65_536],
    [100, 100, 2 ** -100],
  ])('%i right of %i: %f', (correct, count, chance) => {
    expect(Math.abs(chanceOf(correct, count) / chance - 1)).toBeLessThan(1e-12);
  });

  test('of at least k and of at least n − k + 1 right are 1 together, since a coin is fair', () => {
    for (const count of [1, 2, 7, 40, 200]) {
      for (let k = 1; k <= count; k++) expect(chanceOf(k, count) + chanceOf(count - k + 1, count)).toBeCloseTo(1, 10);
    }
  });
});

test('a report has what was heard, the score, and every trial', () => {
  const subject = {
    fileName: 'a.wav',
    a: 'recording',
    b: 'decoded: x',
    startSeconds: 1,
    endSeconds: 2.5,
    matchedDb: 1.25,
  };
  const run: AbxRun = { xs: ['a', 'b', 'b', 'a'], answers: ['a', 'b', 'a'] };
  expect(abxReport(subject, run).split('\n')).toEqual([
    'ABX test of a.wav, 1.00 to 2.50 s',
    'A: recording',
    'B: decoded: x',
    'Levels: matched: B by +1.3 dB',
    'Trials: 3, stopped before the 4 that were planned',
    'Correct: 2',
    'p = 0.500 (exact binomial test, one-sided)',
    'X and answer, trial by trial: AA BB BA',
  ]);
  const all: AbxRun = { xs: Array(16).fill('a'), answers: Array(16).fill('a') };
  expect(
    abxReport({ ...subject, matchedDb: undefined }, all)
      .split('\n')
      .slice(3, 7),
  ).toEqual(['Levels: as they are', 'Trials: 16', 'Correct: 16', 'p = 1.5e-5 (exact binomial test, one-sided)']);
});
