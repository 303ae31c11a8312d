import { createRandom } from '@speech-tokens/core';
import { describe, expect, it } from 'vitest';
import { createPowerSpectrum } from './power-spectrum.ts';

function directPowers(frame: Float64Array): Float64Array {
  const size = frame.length;
  return Float64Array.from({ length: size / 2 + 1 }, (_, k) => {
    let [real, imaginary] = [0, 0];
    for (let n = 0; n < size; n++) {
      real += frame[n]! * Math.cos((2 * Math.PI * k * n) / size);
      imaginary -= frame[n]! * Math.sin((2 * Math.PI * k * n) / size);
    }
    return real * real + imaginary * imaginary;
  });
}

describe('createPowerSpectrum', () => {
  it.each([4, 8, 16, 64, 512])('equals the direct sum at size %i, and leaves the frame alone', (size) => {
    const random = createRandom(size);
    const frame = Float64Array.from({ length: size }, () => random.nextGaussian());
    const copy = frame.slice();
    const powers = new Float64Array(size / 2 + 1);
    const spectrum = createPowerSpectrum(size);
    spectrum(frame, powers);
    spectrum(frame, powers);
    const wanted = directPowers(frame);
    for (let k = 0; k < powers.length; k++) expect(powers[k]).toBeCloseTo(wanted[k]!, 9);
    expect(frame).toEqual(copy);
  });

  it.each([0, 2, 6, 500, 2.5, Number.NaN, 2 ** 21])('refuses size %d', (size) => {
    expect(() => createPowerSpectrum(size)).toThrow(/power of two/);
  });
});
