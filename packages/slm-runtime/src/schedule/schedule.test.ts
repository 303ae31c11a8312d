import { isSpeechTokensError } from '@speech-tokens/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostSchedule, modelSchedule, parallelSchedule, ratioSchedule, type Schedule } from './schedule.ts';

/** The streams of so many steps, each emitting what `idOf` says. */
function run(schedule: Schedule, steps: number, idOf: (stream: string, step: number) => number = () => 0): string[] {
  const turns: string[] = [];
  for (let step = 0; step < steps; step++) {
    const streams = schedule.next();
    expect(schedule.next()).toEqual(streams);
    turns.push(streams.join('+'));
    schedule.advance(Object.fromEntries(streams.map((stream) => [stream, idOf(stream, step)])));
  }
  return turns;
}
const written = (turns: readonly string[]): string => turns.map((turn) => turn[0] ?? '-').join('');

describe('a ratio', () => {
  const glm = [
    { stream: 'text', steps: 13, endIds: [7] },
    { stream: 'audio', steps: 26, endIds: [0] },
  ];

  test('takes turns', () => {
    expect(written(run(ratioSchedule(glm), 80, () => 1))).toBe(
      `${'t'.repeat(13)}${'a'.repeat(26)}${'t'.repeat(13)}${'a'.repeat(26)}tt`,
    );
  });

  test('passes over a stream that ended, and stops when all have; id 0 can be an end', () => {
    const ids = (stream: string, step: number) =>
      stream === 'text' && step === 4 ? 7 : stream === 'audio' && step === 40 ? 0 : 1;
    expect(written(run(ratioSchedule(glm), 44, ids))).toBe(`${'t'.repeat(5)}${'a'.repeat(36)}---`);
  });

  test('keeps its ratio over any whole number of rounds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        fc.nat(5),
        (counts, rounds) => {
          const turns = counts.map((steps, index) => ({ stream: String(index), steps }));
          const round = counts.reduce((sum, count) => sum + count, 0);
          const streams = run(ratioSchedule(turns), round * rounds);
          for (const [index, count] of counts.entries()) {
            expect(streams.filter((stream) => stream === String(index)).length).toBe(count * rounds);
          }
        },
      ),
    );
  });

  test('goes on from a saved state', () => {
    for (const cut of [0, 5, 13, 30]) {
      const [whole, first] = [ratioSchedule(glm), ratioSchedule(glm)];
      const ids = (_: string, step: number) => (step === 2 ? 7 : 1);
      const all = run(whole, 60, ids);
      const start = run(first, cut, ids);
      const second = ratioSchedule(glm, { state: structuredClone(first.saveState()) });
      expect([...start, ...run(second, 60 - cut, (_, step) => ids(_, step + cut))]).toEqual(all);
    }
  });
});

test('parallel streams all emit', () => {
  expect(run(parallelSchedule(['text', 'self']), 2)).toEqual(['text+self', 'text+self']);
});

test('a model switches its mode by its own tokens, of the streams of the mode only', () => {
  const modes = {
    text: {
      streams: ['text'],
      switches: [
        { ids: [100], to: 'speech' },
        { ids: [0], to: 'end' },
      ],
    },
    speech: { streams: ['audio', 'text'], switches: [{ ids: [101], to: 'text' }] },
    end: { streams: [] },
  };
  const schedule = modelSchedule(modes, { first: 'text' });
  schedule.advance({ audio: 100 });
  expect(schedule.next()).toEqual(['text']);
  const ids = [5, 100, 9, 101, 100, 101, 6, 0, 3];
  expect(run(schedule, ids.length, (_, step) => ids[step]!)).toEqual([
    'text',
    'text',
    'audio+text',
    'audio+text',
    'text',
    'audio+text',
    'text',
    'text',
    '',
  ]);
  const saved = modelSchedule(modes, { first: 'text' });
  saved.advance({ text: 100 });
  expect(modelSchedule(modes, { first: 'text', state: saved.saveState() }).next()).toEqual(['audio', 'text']);
});

test('a host names the streams', () => {
  const schedule = hostSchedule();
  expect(run(schedule, 2)).toEqual(['', '']);
  schedule.give(['user']);
  expect(run(schedule, 2)).toEqual(['user', 'user']);
  expect(hostSchedule({ state: schedule.saveState() }).next()).toEqual(['user']);
});

test('schedules that cannot be are refused', () => {
  const codeOf = (make: () => unknown): string | undefined => {
    try {
      make();
    } catch (error) {
      return isSpeechTokensError(error) ? error.code : String(error);
    }
    return undefined;
  };
  expect(codeOf(() => ratioSchedule([]))).toBe('argument-invalid');
  expect(codeOf(() => ratioSchedule([{ stream: 'a', steps: 0 }]))).toBe('argument-invalid');
  expect(
    codeOf(() =>
      ratioSchedule([
        { stream: 'a', steps: 1 },
        { stream: 'a', steps: 2 },
      ]),
    ),
  ).toBe('argument-invalid');
  expect(codeOf(() => modelSchedule({}, { first: 'a' }))).toBe('argument-invalid');
  const modes = { a: { streams: ['x'], switches: [{ ids: [1], to: 'toString' }] } };
  expect(codeOf(() => modelSchedule(modes, { first: 'a' }))).toBe('argument-invalid');
  const turns = [{ stream: 'a', steps: 1 }];
  for (const state of [null, 'b', { turn: 1, stepsDone: 0, ended: [false] }, { turn: 0, stepsDone: 0, ended: [] }]) {
    expect(codeOf(() => ratioSchedule(turns, { state }))).toBe('session-state-invalid');
    expect(codeOf(() => modelSchedule({ a: { streams: [] } }, { first: 'a', state }))).toBe('session-state-invalid');
    expect(codeOf(() => hostSchedule({ state }))).toBe('session-state-invalid');
  }
});
