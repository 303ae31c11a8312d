import {
  add,
  type BuiltGraph,
  convNextBlock,
  cos,
  exp,
  GraphBuilder,
  type GraphTensor,
  gatherRows,
  layerNorm,
  linear,
  minimum,
  multiply,
  multiplyDim,
  overlapAddSpectrum,
  padLast,
  reshape,
  shortTimeSpectrum,
  sin,
  slice,
  splitRows,
  subtract,
  symbolicDim,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import { pulseTrain } from './pulse-train.ts';
import type { UnitVocoderConfig, VocoderBlocks } from './unit-vocoder-config.ts';

/**
 * Units to sound, with the state of every layer carried: `units int32 [frames], voice int32 [frames], noise
 * [frames · hop] → samples [frames · hop]`. The sound lies `delayFrames` behind the units. A unit equal to `unitCount` is
 * none: what lies outside of the recording.
 *
 * Blocks at 50 and at 100 frames a second give, for each 10 ms, a pitch and two spectral envelopes. Pulses at that pitch
 * go through the one, with its phase, and noise through the other: a source and a filter, as in Wang et al., "Neural
 * source-filter waveform models" (2019) and Engel et al., "DDSP" (2020); the filter is one of spectra as in Siuzdak,
 * "Vocos" (2023). Written beside tools/train/vocoder/vocoder_model.py, which it must equal.
 */
export function buildUnitVocoderGraph(config: UnitVocoderConfig, weights: WeightScope, unitCount: number): BuiltGraph {
  const g = new GraphBuilder('unit vocoder');
  const { slow, fast, hopSamples } = config;
  const frames = symbolicDim('frames');
  const units = g.input('units', 'int32', [frames]);
  const voice = g.input('voice', 'int32', [frames]);
  const noise = g.input('noise', 'float32', [multiplyDim(frames, hopSamples)]);

  const embedding = weights.scope('units').tensor(g, `k${unitCount}`, [unitCount + 1, slow.channels]);
  const voices = weights.tensor(g, 'voices', [config.voices.length, slow.channels]);
  const input = add(g, gatherRows(g, embedding, units), gatherRows(g, voices, voice));
  const slowRows = blockStack(g, 'blocks_50hz', weights, input, slow);
  const fastInput = g.scope('upsample', () =>
    splitRows(g, linear(g, weights.scope('upsample'), slowRows, 2 * fast.channels), 2),
  );
  const fastRows = blockStack(g, 'blocks_100hz', weights, fastInput, fast);
  const bins = config.spectrum.windowSamples / 2 + 1;
  const head = g.scope('head', () => linear(g, weights.scope('head'), layerNorm(g, fastRows, 1e-6), 3 * bins + 1));
  const noiseHops = reshape(g, noise, [multiplyDim(frames, 2), hopSamples / 2]);
  const samples = g.scope('filter', () => filtered(g, config, head, noiseHops));
  g.output('samples', reshape(g, samples, [multiplyDim(frames, hopSamples)]));
  return g.build();
}

/** Pulses and noise through the envelopes of the head, `[hops, 3 · bins + 1] → samples [hops, hop]`. */
function filtered(g: GraphBuilder, config: UnitVocoderConfig, head: GraphTensor, noise: GraphTensor): GraphTensor {
  const { windowSamples, logMagnitudeCap } = config.spectrum;
  const bins = windowSamples / 2 + 1;
  const part = (index: number): GraphTensor => padLast(g, slice(g, head, 1, index * bins, (index + 1) * bins), 16);
  const magnitude = (index: number): GraphTensor => exp(g, minimum(g, part(index), g.scalar(logMagnitudeCap)));
  const spectrumOf = (name: string, hops: GraphTensor): ReturnType<typeof shortTimeSpectrum> =>
    g.scope(name, () => shortTimeSpectrum(g, hops, windowSamples));

  const hopSamples = config.hopSamples / 2;
  const logPitch = slice(g, head, 1, 3 * bins, 3 * bins + 1);
  const clock = { sampleRateHz: config.sampleRateHz, hopSamples };
  const pulses = spectrumOf('pulses', pulseTrain(g, logPitch, clock, config.excitation));
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

function blockStack(
  g: GraphBuilder,
  name: string,
  weights: WeightScope,
  x: GraphTensor,
  stack: VocoderBlocks,
): GraphTensor {
  let y = x;
  for (let i = 0; i < stack.blocks; i++) {
    g.scope(`${name}.${i}`, () => {
      y = convNextBlock(g, weights.scope(name).scope(i), y, stack);
    });
  }
  return y;
}
