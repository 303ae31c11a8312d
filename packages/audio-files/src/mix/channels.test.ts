import { isSpeechTokensError } from '@speech-tokens/core';
import { expect, it } from 'vitest';
import { mixToMono, toChannelCount } from './channels.ts';

const stereo = { sampleRateHz: 8000, startSample: 7, channels: [Float32Array.of(0.25, 1), Float32Array.of(0.75, -1)] };

function caught(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

it('averages or picks, and keeps the rest of the chunk', () => {
  expect(mixToMono(stereo)).toEqual({ ...stereo, channels: [Float32Array.of(0.5, 0)] });
  expect(mixToMono(stereo, { channel: 1 }).channels).toEqual([stereo.channels[1]]);
  expect(
    isSpeechTokensError(
      caught(() => mixToMono(stereo, { channel: 2 })),
      'argument-invalid',
    ),
  ).toBe(true);
});

it('changes the number of channels only where that has a meaning', () => {
  expect(toChannelCount(stereo, 2)).toBe(stereo);
  expect(toChannelCount(stereo, 1).channels).toEqual([Float32Array.of(0.5, 0)]);
  const tripled = toChannelCount({ ...stereo, channels: [stereo.channels[0]!] }, 3).channels;
  expect(tripled).toEqual([stereo.channels[0], stereo.channels[0], stereo.channels[0]]);
  expect(tripled[0]).not.toBe(tripled[1]);
  expect(
    isSpeechTokensError(
      caught(() => toChannelCount(stereo, 3)),
      'audio-format',
    ),
  ).toBe(true);
  expect(
    isSpeechTokensError(
      caught(() => toChannelCount(stereo, 0)),
      'argument-invalid',
    ),
  ).toBe(true);
});
