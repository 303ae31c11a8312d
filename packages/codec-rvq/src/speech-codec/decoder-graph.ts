import {
  type BuiltGraph,
  cos,
  exp,
  GraphBuilder,
  type GraphTensor,
  layerNorm,
  linear,
  minimum,
  multiply,
  multiplyDim,
  overlapAddSpectrum,
  padLast,
  reshape,
  residualDecode,
  sin,
  slice,
  splitRows,
  symbolicDim,
  type WeightScope,
  withContext,
} from '@speech-tokens/onnx-graph';
import { blockStack, codebooks } from './parts.ts';
import { type SpeechCodecConfig, spectrumHopSamples } from './speech-codec-config.ts';

/**
 * The decoder: `codes int32 [frames, codebooks] → samples [frames · hop]`, with the state of every causal layer
 * carried. A code equal to the codebook's size leaves that codebook out.
 */
export function buildDecoderGraph(config: SpeechCodecConfig, weights: WeightScope): BuiltGraph {
  const g = new GraphBuilder('speech codec decoder');
  const frames = symbolicDim('frames');
  const codes = g.input('codes', 'int32', [frames, config.codebookCount]);
  const decoder = weights.scope('decoder');
  const { windowSamples, inputKernelFrames, logMagnitudeCap } = config.decoder;

  const latents = g.scope('quantizer', () => residualDecode(g, codes, codebooks(g, config, weights)));
  const input = g.scope('input', () => {
    const context = withContext(g, latents, inputKernelFrames);
    return linear(g, decoder.scope('input'), context, config.decoder.slow.channels);
  });
  const slow = blockStack(g, 'blocks_50hz', decoder, input, config.decoder.slow);
  const upsampled = g.scope('upsample', () =>
    splitRows(g, linear(g, decoder.scope('upsample'), slow, 2 * config.decoder.fast.channels), 2),
  );
  const fast = blockStack(g, 'blocks_100hz', decoder, upsampled, config.decoder.fast);
  const bins = windowSamples / 2 + 1;
  const head = g.scope('head', () => linear(g, decoder.scope('head'), layerNorm(g, fast, 1e-6), 2 * bins));
  const samples = g.scope('spectrum', () => {
    const half = (start: number): GraphTensor => padLast(g, slice(g, head, 1, start, start + bins), 16);
    const magnitude = exp(g, minimum(g, half(0), g.scalar(logMagnitudeCap)));
    const phase = half(bins);
    const spectrum = {
      real: multiply(g, magnitude, cos(g, phase)),
      imaginary: multiply(g, magnitude, sin(g, phase)),
    };
    return overlapAddSpectrum(g, spectrum, windowSamples, spectrumHopSamples(config));
  });
  g.output('samples', reshape(g, samples, [multiplyDim(frames, config.hopSamples)]));
  return g.build();
}
