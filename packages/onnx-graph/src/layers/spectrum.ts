import type { GraphBuilder } from '../graph/graph-builder.ts';
import type { GraphTensor } from '../graph/graph-types.ts';
import { add } from '../ops/elementwise.ts';
import { matMul } from '../ops/matrix.ts';
import { slice } from '../ops/shape.ts';
import { withContext, withHistory } from './history.ts';

/**
 * Bins of a spectrum of `windowSamples`, rounded up to whole vectors. The columns past window / 2 are zero after a
 * transform and ignored by its inverse, so that what is computed on a spectrum is the same in a stream as in a whole
 * file (see `padLast`).
 */
export function spectrumWidth(windowSamples: number): number {
  return Math.ceil((windowSamples / 2 + 1) / 16) * 16;
}

/**
 * Short-time Fourier transform of a stream: `hops [n, hop] → real and imaginary parts, each [n, spectrumWidth]`.
 * Frame i ends where hop i ends, so that it looks at nothing to come; the window is a multiple of the hop.
 */
export function shortTimeSpectrum(
  g: GraphBuilder,
  hops: GraphTensor,
  windowSamples: number,
): { readonly real: GraphTensor; readonly imaginary: GraphTensor } {
  const hopSamples = hops.shape[1] as number;
  const frames = withContext(g, hops, windowSamples / hopSamples);
  const basis = fourierBasis(windowSamples);
  const size = [windowSamples, spectrumWidth(windowSamples)];
  return {
    real: matMul(g, frames, g.constant(basis.cosine, size)),
    imaginary: matMul(g, frames, g.constant(basis.sine, size)),
  };
}

/**
 * The inverse, by overlap-add: spectra `[n, spectrumWidth] → samples [n, hop]`. Frame i starts where hop i starts;
 * its last window − hop samples are carried to the hops after it.
 */
export function overlapAddSpectrum(
  g: GraphBuilder,
  spectrum: { readonly real: GraphTensor; readonly imaginary: GraphTensor },
  windowSamples: number,
  hopSamples: number,
): GraphTensor {
  const hopsPerWindow = windowSamples / hopSamples;
  const basis = inverseFourierBasis(windowSamples, hopSamples);
  const size = [spectrumWidth(windowSamples), windowSamples];
  const frames = add(
    g,
    matMul(g, spectrum.real, g.constant(basis.cosine, size)),
    matMul(g, spectrum.imaginary, g.constant(basis.sine, size)),
  );
  const extended = withHistory(g, frames, hopsPerWindow - 1);
  let sum: GraphTensor | undefined;
  for (let part = 0; part < hopsPerWindow; part++) {
    const rows = slice(g, extended, 0, hopsPerWindow - 1 - part, { fromEnd: part });
    const piece = slice(g, rows, 1, part * hopSamples, (part + 1) * hopSamples);
    sum = sum === undefined ? piece : add(g, sum, piece);
  }
  return sum!;
}

/** Columns of cos and −sin under a periodic Hann window: `[window, spectrumWidth]`, row by row. */
function fourierBasis(windowSamples: number): { cosine: Float32Array; sine: Float32Array } {
  const bins = windowSamples / 2 + 1;
  const width = spectrumWidth(windowSamples);
  const cosine = new Float32Array(windowSamples * width);
  const sine = new Float32Array(windowSamples * width);
  for (let n = 0; n < windowSamples; n++) {
    for (let bin = 0; bin < bins; bin++) {
      const angle = (2 * Math.PI * ((n * bin) % windowSamples)) / windowSamples;
      cosine[n * width + bin] = hann(n, windowSamples) * Math.cos(angle);
      sine[n * width + bin] = -hann(n, windowSamples) * Math.sin(angle);
    }
  }
  return { cosine, sine };
}

/** Rows of the inverse real transform under the same window, divided by the sum of squared windows. */
function inverseFourierBasis(windowSamples: number, hopSamples: number): { cosine: Float32Array; sine: Float32Array } {
  const bins = windowSamples / 2 + 1;
  let overlap = 0;
  for (let n = 0; n < windowSamples; n += hopSamples) overlap += hann(n, windowSamples) ** 2;
  const cosine = new Float32Array(spectrumWidth(windowSamples) * windowSamples);
  const sine = new Float32Array(cosine.length);
  for (let bin = 0; bin < bins; bin++) {
    const weight = (bin === 0 || bin === bins - 1 ? 1 : 2) / windowSamples / overlap;
    for (let n = 0; n < windowSamples; n++) {
      const angle = (2 * Math.PI * ((n * bin) % windowSamples)) / windowSamples;
      cosine[bin * windowSamples + n] = weight * hann(n, windowSamples) * Math.cos(angle);
      sine[bin * windowSamples + n] = -weight * hann(n, windowSamples) * Math.sin(angle);
    }
  }
  return { cosine, sine };
}

function hann(n: number, windowSamples: number): number {
  return 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / windowSamples);
}
