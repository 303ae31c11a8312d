import type { GraphBuilder } from '../../graph/graph-builder.ts';
import type { GraphTensor } from '../../graph/graph-types.ts';
import { add, cos, exp, minimum, multiply, sin, subtract } from '../../ops/elementwise.ts';
import { padLast, slice } from '../../ops/shape.ts';
import { overlapAddSpectrum, shortTimeSpectrum } from '../spectrum.ts';
import type { ExcitationConfig } from './excitation-config.ts';
import { pulseTrain } from './pulse-train.ts';

/** Sizes in samples; a window is a whole number of hops. */
export interface SourceFilterConfig {
  readonly sampleRateHz: number;
  readonly windowSamples: number;
  readonly hopSamples: number;
  /** Bounds what a head can ask for. */
  readonly logMagnitudeCap: number;
  readonly excitation: ExcitationConfig;
}

/** How many values a head gives for each hop: see `sourceFilter`. */
export function sourceFilterWidth({ windowSamples }: Pick<SourceFilterConfig, 'windowSamples'>): number {
  return 3 * (windowSamples / 2 + 1) + 1;
}

/**
 * The last step of a decoder, hop by hop: `head [hops, 3 · bins + 1], noise [hops, hop] → samples [hops, hop]`, with phase,
 * source and overlap carried. A row of the head holds log magnitude and phase of the pulses' envelope, log magnitude of
 * the noise's, and ln of the pitch in Hz. Pulses at that pitch go through the one, noise through the other: a source and a
 * filter, as in Wang et al., "Neural source-filter waveform models" (2019) and Engel et al., "DDSP" (2020); the filter is
 * one of spectra as in Siuzdak, "Vocos" (2023). What a hop of the source holds is heard `window / hop − 1` hops later.
 * Written beside tools/train/codec/source_filter.py, which it must equal.
 */
export function sourceFilter(
  g: GraphBuilder,
  head: GraphTensor,
  noise: GraphTensor,
  config: SourceFilterConfig,
): GraphTensor {
  const { windowSamples, hopSamples, logMagnitudeCap } = config;
  const bins = windowSamples / 2 + 1;
  const part = (index: number): GraphTensor => padLast(g, slice(g, head, 1, index * bins, (index + 1) * bins), 16);
  const magnitude = (index: number): GraphTensor => exp(g, minimum(g, part(index), g.scalar(logMagnitudeCap)));
  const spectrumOf = (name: string, hops: GraphTensor): ReturnType<typeof shortTimeSpectrum> =>
    g.scope(name, () => shortTimeSpectrum(g, hops, windowSamples));

  const logPitch = slice(g, head, 1, 3 * bins, 3 * bins + 1);
  const pulses = spectrumOf('pulses', pulseTrain(g, logPitch, config, config.excitation));
  const hiss = spectrumOf('noise', noise);
  const phase = part(1);
  const gain = { real: multiply(g, magnitude(0), cos(g, phase)), imaginary: multiply(g, magnitude(0), sin(g, phase)) };
  const real = subtract(g, multiply(g, pulses.real, gain.real), multiply(g, pulses.imaginary, gain.imaginary));
  const imaginary = add(g, multiply(g, pulses.real, gain.imaginary), multiply(g, pulses.imaginary, gain.real));
  const hissGain = magnitude(2);
  const sum = {
    real: add(g, real, multiply(g, hiss.real, hissGain)),
    imaginary: add(g, imaginary, multiply(g, hiss.imaginary, hissGain)),
  };
  return g.scope('synthesis', () => overlapAddSpectrum(g, sum, windowSamples, hopSamples));
}
