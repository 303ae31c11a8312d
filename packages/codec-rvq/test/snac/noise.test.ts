import { createRandom } from '@speech-tokens/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noiseInputs } from '../../src/snac/noise/noise-inputs.ts';
import { readNoiseSettings } from '../../src/snac/noise/noise-settings.ts';
import { philox } from '../../src/snac/noise/philox.ts';
import { createPositionNoise } from '../../src/snac/noise/position-noise.ts';
import { snrDb } from '../support/reference.ts';
import { type Codec, loadCodec, loadWindowedCodec, tinyCheckpoint } from './codecs.ts';

const mean = (values: Float32Array, of: (value: number, i: number) => number): number =>
  values.reduce((sum, value, i) => sum + of(value, i), 0) / values.length;

test('Philox gives the words of its authors’ test vectors', () => {
  // DEShawResearch/random123, tests/kat_vectors: philox4x32, 10 rounds.
  const words = (counter: readonly number[], key: readonly [number, number]): string[] => {
    const values = Uint32Array.from(counter);
    philox(values, key);
    return [...values].map((value) => value.toString(16));
  };
  expect(words([0, 0, 0, 0], [0, 0])).toEqual(['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']);
  const ones = 0xffffffff;
  expect(words([ones, ones, ones, ones], [ones, ones])).toEqual(['408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd']);
  expect(words([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
    'd16cfe09',
    '94fdcceb',
    '5001e420',
    '24126ea1',
  ]);
});

describe('noise by position', () => {
  const noise = createPositionNoise('noise');
  const count = 200_000;

  test('any stretch equals that part of a longer one', () => {
    const whole = noise.draw(1, 0, 1000);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 990 }), fc.integer({ min: 0, max: 10 }), (start, length) => {
        expect(noise.draw(1, start, length)).toEqual(whole.slice(start, start + length));
      }),
    );
    const far = 2 ** 45 + 3;
    expect(noise.draw(1, far, 9).slice(5)).toEqual(noise.draw(1, far + 5, 4));
    // The counter has more than 32 bits.
    expect(noise.draw(1, far, 9)).not.toEqual(noise.draw(1, far % 2 ** 34, 9));
  });

  test('it is normal and white', () => {
    const values = noise.draw(0, 12_345, count);
    expect(values.every(Number.isFinite)).toBe(true);
    expect(Math.abs(mean(values, (value) => value))).toBeLessThan(5 / Math.sqrt(count));
    expect(Math.abs(mean(values, (value) => value ** 2) - 1)).toBeLessThan(0.016);
    expect(Math.abs(mean(values, (value) => value ** 4) - 3)).toBeLessThan(0.11);
    expect(Math.abs(mean(values, (value) => Number(Math.abs(value) > 1.96)) - 0.05)).toBeLessThan(0.0025);
    for (const lag of [1, 2, 3, 4, 8]) {
      const products = mean(values, (value, i) => value * (values[i + lag] ?? 0));
      expect(Math.abs(products), `lag ${lag}`).toBeLessThan(5 / Math.sqrt(count));
    }
  });

  test('blocks and seeds have noise of their own', () => {
    const values = noise.draw(0, 0, count);
    for (const other of [noise.draw(1, 0, count), createPositionNoise(7).draw(0, 0, count)]) {
      expect(Math.abs(mean(values, (value, i) => value * other[i]!))).toBeLessThan(5 / Math.sqrt(count));
    }
    // Fixed: a change would change the sound of every decoded recording.
    expect([...createPositionNoise(0).draw(0, 0, 3)].map((value) => value.toFixed(4))).toEqual([
      '2.8139',
      '-0.3598',
      '-3.3132',
    ]);
  });
});

test('settings are read, and unknown ones refused by name', () => {
  expect(readNoiseSettings()).toEqual({ isOn: true, seed: 0 });
  expect(readNoiseSettings({ noiseSeed: 'a' })).toEqual({ isOn: true, seed: 'a' });
  expect(readNoiseSettings({ noise: 'off', noiseSeed: 3 })).toEqual({ isOn: false });
  for (const [conditioning, argument] of [
    [{ noise: false }, 'conditioning.noise'],
    [{ noise: 'On' }, 'conditioning.noise'],
    [{ noiseSeed: 1.5 }, 'conditioning.noiseSeed'],
    [{ noiseSeed: null }, 'conditioning.noiseSeed'],
    [{ speaker: 'x' }, 'conditioning.speaker'],
  ] as const) {
    expect(() => readNoiseSettings(conditioning)).toThrow(
      expect.objectContaining({ code: 'argument-invalid', details: { argument } }),
    );
  }
});

describe.each(['snac-24khz', 'snac-44khz'])('the detokenizer of %s', (name) => {
  let codec: Codec;
  let inBlocks: Codec;
  beforeAll(async () => {
    codec = await loadCodec(name, tinyCheckpoint(name));
    inBlocks = await loadWindowedCodec(tinyCheckpoint(name), { windowPositions: 1, conditioningOf: noiseInputs });
  });
  afterAll(async () => {
    await codec.close();
    await inBlocks.close();
  });

  const decode = async ({ detokenizer }: Codec, conditioning?: Record<string, string | number>) => {
    const { tokenSpace } = detokenizer;
    const random = createRandom('codes');
    const frames = 72;
    const tracks = tokenSpace.codebooks.map(({ size, hopSamples }) => ({
      ids: Uint32Array.from({ length: (frames * tokenSpace.codebooks[0]!.hopSamples!) / hopSamples! }, () =>
        random.nextInteger(size),
      ),
    }));
    const sampleCount = frames * tokenSpace.codebooks[0]!.hopSamples!;
    const grid = { tokenSpace, startSample: 0, sampleCount, tracks };
    const { channels } = await detokenizer.detokenize(grid, conditioning === undefined ? {} : { conditioning });
    return channels[0]!;
  };

  test('gives the same sound every time; another seed, or none, gives another', async () => {
    const sound = await decode(codec);
    expect(await decode(codec)).toEqual(sound);
    expect(await decode(codec, { noise: 'on', noiseSeed: 0 })).toEqual(sound);
    expect(await decode(codec, { noiseSeed: 7 })).not.toEqual(sound);
    expect(await decode(codec, { noise: 'off' })).not.toEqual(sound);
    expect(await decode(codec, { noiseSeed: 7 })).toEqual(await decode(codec, { noiseSeed: 7 }));
  });

  test('its noise does not depend on how the recording is cut into windows', async () => {
    const sound = await decode(codec);
    expect(snrDb(sound, await decode(inBlocks))).toBeGreaterThan(90);
    expect(snrDb(sound, await decode(inBlocks, { noise: 'off' }))).toBeLessThan(30);
  });
});
