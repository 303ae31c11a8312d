import type { Sound } from '@speech-tokens/token-view';
import { describe, expect, test } from 'vitest';
import {
  codebooksAfterMute,
  differenceOf,
  isDifference,
  matchedLevels,
  mutingOf,
  ownTokens,
  recordingSound,
  tokenizerOf,
} from './index.ts';

const sound = (values: readonly number[], sampleRateHz = 4): Sound => ({
  title: '',
  sampleRateHz,
  channels: [Float32Array.from(values)],
});

describe('levels', () => {
  test('make sounds as loud as the reference, over the part that both have', () => {
    const reference = sound([0.2, -0.2, 0.2, -0.2, 0.9, 0.9]);
    // One second, at another rate and in two channels; and one that has its second half to itself.
    const quiet: Sound = {
      title: '',
      sampleRateHz: 2,
      channels: [Float32Array.of(0.1, 0.1), Float32Array.of(0.1, -0.1)],
    };
    const longer = sound([0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.1, 0.1]);
    const { reference: unchanged, sounds } = matchedLevels(reference, [quiet, longer]);
    const loudness = Math.sqrt((4 * 0.2 ** 2 + 2 * 0.9 ** 2) / 6);
    expect(unchanged).toBe(1);
    expect(sounds[0]).toBeCloseTo(2);
    expect(sounds[1]).toBeCloseTo(loudness / 0.4);
  });

  test('never clip: all become quieter by as much', () => {
    const reference = sound([0.6, 0.6, 0.6, 0.6]);
    const peaky = sound([0.8, 0, 0, 0]);
    const { reference: level, sounds } = matchedLevels(reference, [peaky, sound([0.25, 0.25, 0.25, 0.25])]);
    expect(sounds[0]! * 0.8).toBeCloseTo(1);
    expect(level).toBeCloseTo(1 / 1.2);
    expect(sounds[1]).toBeCloseTo(2);
  });

  test('silence stays as it is', () => {
    const [silent, tone, none] = [sound([0, 0]), sound([0.5, 0.5]), sound([])];
    expect(matchedLevels(silent, [tone])).toEqual({ reference: 1, sounds: [1] });
    expect(matchedLevels(tone, [silent, none])).toEqual({ reference: 1, sounds: [1, 1] });
  });
});

test('a choice of sound tells whose tokens it is made with', () => {
  for (const id of ['rvq:speech', 'recording of mine', ownTokens]) {
    expect(tokenizerOf(differenceOf(id))).toBe(id);
    expect(tokenizerOf(id)).toBe(id);
    expect([isDifference(id), isDifference(differenceOf(id))]).toEqual([false, true]);
  }
  expect(tokenizerOf(recordingSound)).toBeUndefined();
});

describe('muting', () => {
  const lane = { name: '', size: 4, ids: new Uint32Array(3), firstSample: 0, hopSamples: 1 };
  const tokens = { codebookCount: 4, lanes: [lane, lane, lane, lane], prefixDecodable: true };

  test('leaves the codebooks before a lane, and takes them up again to it', () => {
    expect(mutingOf({ codebookCount: undefined }, tokens)).toEqual({ firstMuted: 4 });
    expect(mutingOf({ codebookCount: 3 }, tokens)).toEqual({ firstMuted: 3 });
    const after = (codebookCount: number | undefined, at: number) => codebooksAfterMute({ codebookCount }, tokens, at);
    expect(after(undefined, 2)).toBe(2);
    expect(after(2, 1)).toBe(1);
    expect(after(1, 2)).toBe(3);
    expect(after(1, 3)).toBeUndefined();
    expect(after(undefined, 0)).toBe(1);
  });

  test('says why where it cannot be, and is not offered where there is nothing to mute', () => {
    expect(mutingOf({ codebookCount: 2 }, { ...tokens, prefixDecodable: false })).toMatchObject({
      firstMuted: 4,
      whyNot: expect.stringContaining('all of its codebooks together'),
    });
    const silent = mutingOf({ codebookCount: undefined }, { ...tokens, notDecodable: 'No detokenizer.' });
    expect(silent!.whyNot).toBe('No sound of these tokens: No detokenizer.');
    expect(mutingOf({ codebookCount: 2 }, { ...tokens, codebookCount: 1, lanes: [lane] })).toBeUndefined();
    expect(mutingOf({ codebookCount: 2 }, { ...tokens, lanes: [lane] })).toBeUndefined();
  });
});
