import {
  type BuiltGraph,
  GraphBuilder,
  layerNorm,
  linear,
  multiplyDim,
  reshape,
  residualDecode,
  sourceFilter,
  sourceFilterWidth,
  splitRows,
  symbolicDim,
  type WeightScope,
  withContext,
} from '@speech-tokens/onnx-graph';
import { blockStack, codebooks } from './parts.ts';
import type { SpeechCodecConfig } from './speech-codec-config.ts';

/**
 * The decoder: `codes int32 [frames, codebooks], noise [frames · hop] → samples [frames · hop]`, with the state of every
 * causal layer carried. A code equal to the codebook's size leaves that codebook out. The sound lies
 * `decoder.lookaheadFrames` behind the codes. Written beside tools/train/codec/model.py, which it must equal.
 */
export function buildDecoderGraph(config: SpeechCodecConfig, weights: WeightScope): BuiltGraph {
  const g = new GraphBuilder('speech codec decoder');
  const frames = symbolicDim('frames');
  const codes = g.input('codes', 'int32', [frames, config.codebookCount]);
  const noise = g.input('noise', 'float32', [multiplyDim(frames, config.hopSamples)]);
  const decoder = weights.scope('decoder');
  const { inputKernelFrames, sourceFilter: source } = config.decoder;

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
  const head = g.scope('head', () =>
    linear(g, decoder.scope('head'), layerNorm(g, fast, 1e-6), sourceFilterWidth(source)),
  );
  const noiseHops = reshape(g, noise, [multiplyDim(frames, 2), source.hopSamples]);
  const samples = g.scope('filter', () => sourceFilter(g, head, noiseHops, source));
  g.output('samples', reshape(g, samples, [multiplyDim(frames, config.hopSamples)]));
  return g.build();
}
