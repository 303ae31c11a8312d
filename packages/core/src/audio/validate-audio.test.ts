import { expect, test } from 'vitest';
import { validateAudioClip } from './validate-audio.ts';

const wanted = { sampleRateHz: 16_000, channelCount: 2 };
const check =
  (sampleRateHz: number, ...channels: (Float32Array | number[])[]) =>
  () =>
    validateAudioClip({ sampleRateHz, channels: channels as Float32Array[] }, wanted);

test('a clip that is laid out as wanted passes, also an empty one', () => {
  check(16_000, Float32Array.of(1, -2), new Float32Array(2))();
  check(16_000, new Float32Array(0), new Float32Array(0))();
});

test('says what is wrong and what to do', () => {
  const two = new Float32Array(2);
  expect(check(8_000, two, two)).toThrow('found 8000 Hz, wanted 16000 Hz. Resample it first');
  expect(check(16_000, two)).toThrow('found 1, wanted 2. Mix it first');
  expect(check(16_000, two, new Float32Array(3))).toThrow(
    'Channel 1 of the audio is not like the first: found 3 samples',
  );
  expect(check(16_000, two, [0, 0])).toThrow('found no Float32Array');
  expect(check(16_000, two, Float32Array.of(0, Number.NaN))).toThrow('Sample 1 of channel 1');
  expect(check(16_000, Float32Array.of(Number.NEGATIVE_INFINITY, 0), two)).toThrow('found -Infinity');
});
