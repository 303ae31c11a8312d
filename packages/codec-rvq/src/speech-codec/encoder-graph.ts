import {
  add,
  type BuiltGraph,
  concat,
  exp,
  GraphBuilder,
  type GraphTensor,
  layerNorm,
  linear,
  log,
  mergeRows,
  multiply,
  multiplyDim,
  reshape,
  residualEncode,
  shortTimeSpectrum,
  slice,
  symbolicDim,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import { blockStack, codebooks } from './parts.ts';
import { type SpeechCodecConfig, spectrumHopSamples } from './speech-codec-config.ts';

/**
 * The encoder: `samples [frames · hop] → codes int32 [frames, codebookCount]`, the first of them, with the state of every causal layer
 * carried. Step i sees samples before (i + 1) · hop; it codes the frame that lies `lookaheadSamples` earlier.
 */
export function buildEncoderGraph(config: SpeechCodecConfig, weights: WeightScope, codebookCount: number): BuiltGraph {
  const g = new GraphBuilder('speech codec encoder');
  const hop = spectrumHopSamples(config);
  const frames = symbolicDim('frames');
  const samples = g.input('samples', 'float32', [multiplyDim(frames, config.hopSamples)]);
  const encoder = weights.scope('encoder');

  const hops = reshape(g, samples, [multiplyDim(frames, 2), hop]);
  const features = g.scope('features', () => spectralFeatures(g, hops, config));
  const fast = blockStack(
    g,
    'blocks_100hz',
    encoder,
    g.scope('input', () => linear(g, encoder.scope('input'), features, config.encoder.fast.channels)),
    config.encoder.fast,
  );
  const pairs = mergeRows(g, fast, 2);
  const slow = blockStack(
    g,
    'blocks_50hz',
    encoder,
    g.scope('downsample', () => linear(g, encoder.scope('downsample'), pairs, config.encoder.slow.channels)),
    config.encoder.slow,
  );
  const latents = g.scope('output', () =>
    linear(g, encoder.scope('output'), layerNorm(g, slow, 1e-6), config.latentWidth),
  );
  const codes = g.scope('quantizer', () => residualEncode(g, latents, codebooks(g, config, weights), codebookCount));
  g.output('codes', codes);
  return g.build();
}

/** Log power, then the complex spectrum with its magnitude compressed: `[n, hop] → [n, 3 · (window / 2 + 1)]`. */
function spectralFeatures(g: GraphBuilder, hops: GraphTensor, { encoder }: SpeechCodecConfig): GraphTensor {
  const { real, imaginary } = shortTimeSpectrum(g, hops, encoder.windowSamples);
  const energy = add(g, multiply(g, real, real), multiply(g, imaginary, imaginary));
  const floored = add(g, energy, g.scalar(encoder.powerEpsilon));
  const logPower = log(g, floored);
  const level = add(
    g,
    multiply(g, logPower, g.scalar(0.5 * encoder.logScale)),
    g.scalar(encoder.logOffset * encoder.logScale),
  );
  const compression = exp(g, multiply(g, logPower, g.scalar(-encoder.compressionExponent)));
  const bins = encoder.windowSamples / 2 + 1;
  const parts = [level, multiply(g, real, compression), multiply(g, imaginary, compression)];
  return concat(
    g,
    parts.map((part) => slice(g, part, 1, 0, bins)),
    1,
  );
}
