import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { repositoryRoot } from '../lib/paths.mjs';
import { recordingToShow } from '../tasks/demo.mjs';
import { countsOrFailure, parseSelection, summaryLine } from '../tasks/test.mjs';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('npm test runs everything, or only some paths', () => {
  expect(parseSelection([], {})).toEqual({ filters: [], packed: false });
  expect(parseSelection([], { CI: 'true' })).toEqual({ filters: [], packed: true });
  expect(parseSelection(['--packed'], {})).toEqual({ filters: [], packed: true });
  expect(parseSelection(['--only', 'packages/core', 'tools'], {})).toEqual({
    filters: ['packages/core', 'tools'],
    packed: false,
  });
});

test.each([[['packages/core']], [['--only']], [['--only', '--watch']], [['--fast']]])('%j is refused', (args) => {
  expect(() => parseSelection(args, {})).toThrow('npm test -- --only packages/core');
});

test('a program that crashed counts as a failure, whatever it had counted', () => {
  expect(countsOrFailure({ passed: 3, failed: 0, skipped: 1 }, 0)).toEqual({ passed: 3, failed: 0, skipped: 1 });
  expect(countsOrFailure({ passed: 3, failed: 2, skipped: 0 }, 1)).toEqual({ passed: 3, failed: 2, skipped: 0 });
  expect(countsOrFailure({ passed: 3, failed: 0, skipped: 0 }, 1)).toEqual({ passed: 3, failed: 1, skipped: 0 });
  expect(countsOrFailure(undefined, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test('the last line is plain', () => {
  expect(summaryLine({ passed: 3, failed: 1, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped');
});

test('the demo takes a path from where the user is', () => {
  vi.stubEnv('INIT_CWD', join(repositoryRoot, 'examples'));
  expect(recordingToShow(['audio/french-goodbye.wav'])).toBe(
    join(repositoryRoot, 'examples', 'audio', 'french-goodbye.wav'),
  );
  expect(recordingToShow([])).toMatch('sense-and-sensibility.wav');
  expect(() => recordingToShow(['gone.wav'])).toThrow(join(repositoryRoot, 'examples', 'gone.wav'));
  expect(() => recordingToShow(['audio'])).toThrow('is not a file');
  expect(() => recordingToShow(['a.wav', 'b.wav'])).toThrow('takes one audio file');
  expect(() => recordingToShow(['--fast'])).toThrow('takes one audio file');
});
