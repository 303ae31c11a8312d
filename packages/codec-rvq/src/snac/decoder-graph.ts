import {
  add,
  type BuiltGraph,
  conv1d,
  divideDim,
  GraphBuilder,
  type GraphTensor,
  localAttention,
  multiply,
  multiplyDim,
  rescaledConv,
  reshape,
  rowsToSignal,
  signalToRows,
  snakeAlpha,
  snakeTimesAlpha,
  symbolicDim,
  tanh,
  transposedConv1d,
  type WeightScope,
  weightNormed,
} from '@speech-tokens/onnx-graph';
import type { WindowLayout } from '../windowed/window-layout.ts';
import { decoderContexts, layoutContext, stridePadding, wideReach } from './contexts.ts';
import { cropped } from './cropped.ts';
import { normedConv, normedWeights, residualUnits, wideConv, wideKernel, wideWeights } from './parts.ts';
import { decodeLatents } from './quantizer.ts';
import { blockPositions, headWidth, type SnacConfig } from './snac-config.ts';

/**
 * The decoder of windows: `codes-0 … int32 [n / hop of the codebook], noise-0 … [n / hop · rate of the block],
 * cut int32 [2] → samples [n]`, one input of codes for each codebook and one of noise for each block; n is a multiple of
 * the layout's padding. A code equal to the codebook's size adds nothing. See `WindowGraph`.
 * Source: hubertsiuzdak/snac, snac/layers.py, `Decoder`.
 */
export function buildDecoderGraph(config: SnacConfig, weights: WeightScope, layout: WindowLayout): BuiltGraph {
  const g = new GraphBuilder('SNAC decoder');
  const positions = multiplyDim(symbolicDim('blocks'), blockPositions(config));
  const codes = config.codebookStrides.map((stride, k) =>
    g.input(`codes-${k}`, 'int32', [divideDim(positions, stride)!]),
  );
  const cut = g.input('cut', 'int32', [2]);
  const layers = weights.scope('decoder').scope('model');
  const { decoder, attentionWindow, isDepthwise } = config;
  const contexts = decoderContexts(config);
  const whole = layoutContext(config, layout);

  let next = 0;
  const sum = g.scope('quantizer', () => decodeLatents(g, config, weights.scope('quantizer'), codes));
  let x = g.scope('input', () => {
    const latents = cropped(g, { signal: sum, context: whole }, cut, contexts.input, symbolicDim('spread'));
    const { channels: out } = decoder;
    if (!isDepthwise) {
      const padding = [wideReach, wideReach] as const;
      return normedConv(g, layers.scope(next++), latents, { out, kernel: wideKernel, padding });
    }
    const spread = wideConv(g, wideWeights(g, layers.scope(next++), config.latentWidth, isDepthwise), latents, config);
    return normedConv(g, layers.scope(next++), spread, { out, kernel: 1 });
  });
  x = g.scope('attention', () => {
    const length = multiplyDim(symbolicDim('attended'), attentionWindow ?? 1);
    const seen = cropped(g, { signal: x, context: contexts.input }, cut, contexts.attended, length);
    if (attentionWindow === undefined) return seen;
    const options = { windowPositions: attentionWindow, headWidth };
    return rowsToSignal(g, localAttention(g, layers.scope(next++), signalToRows(g, seen), options));
  });
  x = cropped(g, { signal: x, context: contexts.attended }, cut, contexts.decoded, symbolicDim('decoded'));
  let context = contexts.decoded;
  let samplesPerPosition = 1;
  for (const [i, rate] of decoder.rates.entries()) {
    samplesPerPosition *= rate;
    const wanted = contexts.blocks[i]!;
    x = g.scope(`block-${i}`, () => {
      const block = layers.scope(next++).scope('block');
      const found = { before: context.before * rate, after: context.after * rate };
      const length = symbolicDim(`block-${i}`);
      const up = { signal: upsampled(g, block, x, rate), context: found };
      const signal = cropped(g, up, cut, wanted, length);
      if (!config.hasNoise) return residualUnits(g, block, signal, { first: 2, isDepthwise });
      const noise = g.input(`noise-${i}`, 'float32', [multiplyDim(positions, samplesPerPosition)]);
      const source = {
        signal: reshape(g, noise, [1, 1, noise.shape[0]!]),
        context: { before: whole.before * samplesPerPosition, after: whole.after * samplesPerPosition },
      };
      const noisy = withNoise(g, block.scope(2), signal, cropped(g, source, cut, wanted, length));
      return residualUnits(g, block, noisy, { first: 3, isDepthwise });
    });
    context = wanted;
  }
  const samples = g.scope('output', () => {
    const channels = x.shape[1] as number;
    const alpha = snakeAlpha(g, layers.scope(next), channels);
    const stored = normedWeights(g, layers.scope(next + 1), [1, channels, wideKernel], 1);
    const last = rescaledConv(g, stored, { takes: alpha });
    const loud = conv1d(g, last, snakeTimesAlpha(g, alpha, x), { padding: [wideReach, wideReach] });
    const core = cropped(g, { signal: loud, context }, cut, { before: 0, after: 0 }, symbolicDim('samples'));
    return tanh(g, core);
  });
  g.output('samples', reshape(g, samples, [samples.shape[2]!]));
  return g.build();
}

/** Snake, and a transposed convolution to half the channels and `stride` times the samples. */
function upsampled(g: GraphBuilder, block: WeightScope, x: GraphTensor, stride: number): GraphTensor {
  const channels = x.shape[1] as number;
  const stored = normedWeights(g, block.scope(1), [channels, channels / 2, 2 * stride], channels / 2);
  const alpha = snakeAlpha(g, block.scope(0), channels);
  const up = rescaledConv(g, stored, { takes: alpha, takesAxis: 0 });
  const before = stridePadding(stride);
  const trim = [before, stride - before] as const;
  return transposedConv1d(g, up, snakeTimesAlpha(g, alpha, x), { stride, trim });
}

/** x + noise · (weight x): noise as loud as the signal wants it. `noise [1, 1, samples]` */
function withNoise(g: GraphBuilder, weights: WeightScope, x: GraphTensor, noise: GraphTensor): GraphTensor {
  const channels = x.shape[1] as number;
  const loudness = conv1d(g, { weight: weightNormed(g, weights.scope('linear'), [channels, channels, 1]) }, x);
  return add(g, x, multiply(g, noise, loudness));
}
