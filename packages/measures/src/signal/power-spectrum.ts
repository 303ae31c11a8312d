import { SpeechTokensError } from '@speech-tokens/core';

/**
 * Writes |X[k]|² of a real frame for k = 0 … size/2 into `powers` (`[size / 2 + 1]`), where X is the unscaled
 * discrete Fourier transform. The frame is `[size]` and stays as it is.
 */
export type PowerSpectrum = (frame: Float64Array, powers: Float64Array) => void;

/**
 * A power spectrum of real frames of one length. The real frame is packed into a complex one of half the length
 * (even samples real, odd samples imaginary), transformed by a radix-2 FFT with its tables made once, and unpacked.
 * @param size a power of two, at least 4
 * @throws SpeechTokensError `argument-invalid` for any other size
 */
export function createPowerSpectrum(size: number): PowerSpectrum {
  if (!Number.isInteger(size) || size < 4 || size > 2 ** 20 || (size & (size - 1)) !== 0) {
    throw new SpeechTokensError('argument-invalid', {
      problem: 'A spectrum of this size cannot be made',
      found: String(size),
      wanted: 'a power of two in [4, 2^20]',
      remedy: 'Use 512 for speech at 16 kHz',
      details: { argument: 'size' },
    });
  }
  const half = size / 2;
  const order = bitReversedOrder(half);
  const cosines = new Float64Array(half);
  const sines = new Float64Array(half);
  for (let k = 0; k < half; k++) {
    cosines[k] = Math.cos((2 * Math.PI * k) / size);
    sines[k] = Math.sin((2 * Math.PI * k) / size);
  }
  const re = new Float64Array(half);
  const im = new Float64Array(half);

  const transform = (): void => {
    for (let width = 2; width <= half; width *= 2) {
      const middle = width / 2;
      const step = size / width;
      for (let block = 0; block < half; block += width) {
        for (let i = 0, turn = 0; i < middle; i++, turn += step) {
          const top = block + i;
          const bottom = top + middle;
          const c = cosines[turn]!;
          const s = sines[turn]!;
          const bottomRe = re[bottom]! * c + im[bottom]! * s;
          const bottomIm = im[bottom]! * c - re[bottom]! * s;
          re[bottom] = re[top]! - bottomRe;
          im[bottom] = im[top]! - bottomIm;
          re[top] = re[top]! + bottomRe;
          im[top] = im[top]! + bottomIm;
        }
      }
    }
  };

  return (frame, powers) => {
    for (let i = 0; i < half; i++) {
      const from = 2 * order[i]!;
      re[i] = frame[from]!;
      im[i] = frame[from + 1]!;
    }
    transform();
    powers[0] = (re[0]! + im[0]!) ** 2;
    powers[half] = (re[0]! - im[0]!) ** 2;
    for (let k = 1; k < half; k++) {
      // Spectra of the even and the odd samples, from the symmetry of real input.
      const mirror = half - k;
      const evenRe = (re[k]! + re[mirror]!) / 2;
      const evenIm = (im[k]! - im[mirror]!) / 2;
      const oddRe = (im[k]! + im[mirror]!) / 2;
      const oddIm = (re[mirror]! - re[k]!) / 2;
      const real = evenRe + oddRe * cosines[k]! + oddIm * sines[k]!;
      const imaginary = evenIm + oddIm * cosines[k]! - oddRe * sines[k]!;
      powers[k] = real * real + imaginary * imaginary;
    }
  };
}

function bitReversedOrder(length: number): Uint32Array {
  const order = new Uint32Array(length);
  for (let i = 1; i < length; i++) order[i] = (order[i >> 1]! >> 1) | (i & 1 ? length >> 1 : 0);
  return order;
}
