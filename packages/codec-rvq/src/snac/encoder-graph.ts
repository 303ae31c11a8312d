import {
  type BuiltGraph,
  conv1d,
  GraphBuilder,
  type GraphTensor,
  localAttention,
  multiplyDim,
  rescaledConv,
  reshape,
  rowsToSignal,
  signalToRows,
  snakeAlpha,
  snakeTimesAlpha,
  symbolicDim,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import type { WindowLayout } from '../windowed/window-layout.ts';
import { type Context, encoderContexts, layoutContext, stridePadding, wideReach } from './contexts.ts';
import { cropped } from './cropped.ts';
import {
  normedConv,
  normedWeights,
  residualDilations,
  residualUnits,
  wideConv,
  wideKernel,
  wideWeights,
} from './parts.ts';
import { encodeLatents } from './quantizer.ts';
import { blockPositions, headWidth, type SnacConfig } from './snac-config.ts';

/**
 * The encoder of windows: `samples [n], cut int32 [2] → codes-0 … int32 [n / hop of the codebook]`, the first
 * `codebookCount` codebooks; n is a multiple of the layout's padding. See `WindowGraph`.
 * Source: hubertsiuzdak/snac, snac/layers.py, `Encoder`.
 */
export function buildEncoderGraph(
  config: SnacConfig,
  weights: WeightScope,
  { layout, codebookCount }: { readonly layout: WindowLayout; readonly codebookCount: number },
): BuiltGraph {
  const g = new GraphBuilder('SNAC encoder');
  const count = multiplyDim(symbolicDim('blocks'), layout.paddingSamples);
  const samples = g.input('samples', 'float32', [count]);
  const cut = g.input('cut', 'int32', [2]);
  const layers = weights.scope('encoder').scope('block');
  const { attentionWindow, hopSamples } = config;
  const contexts = encoderContexts(config);

  let x = g.scope('input', () => {
    const whole = {
      signal: reshape(g, samples, [1, 1, count]),
      context: inSamples(layoutContext(config, layout), hopSamples),
    };
    const length = multiplyDim(symbolicDim('positions'), hopSamples);
    const wave = cropped(g, whole, cut, inSamples(contexts.input, hopSamples), length);
    return normedConv(g, layers.scope(0), wave, {
      out: config.encoder.channels,
      kernel: wideKernel,
      padding: [wideReach, wideReach],
    });
  });
  let next = 1;
  for (const [i, rate] of config.encoder.rates.entries()) {
    x = g.scope(`block-${i}`, () => downsamplingBlock(g, config, layers.scope(next++).scope('block'), x, rate));
  }
  x = g.scope('attention', () => {
    const length = multiplyDim(symbolicDim('attended'), attentionWindow ?? 1);
    const seen = cropped(g, { signal: x, context: contexts.input }, cut, contexts.attended, length);
    if (attentionWindow === undefined) return seen;
    const options = { windowPositions: attentionWindow, headWidth };
    return rowsToSignal(g, localAttention(g, layers.scope(next++), signalToRows(g, seen), options));
  });
  const latents = g.scope('output', () => {
    const spread = {
      signal: wideConv(g, wideWeights(g, layers.scope(next), config.latentWidth, config.isDepthwise), x, config),
      context: contexts.attended,
    };
    const length = multiplyDim(symbolicDim('core'), blockPositions(config));
    return cropped(g, spread, cut, { before: 0, after: 0 }, length);
  });
  const codes = g.scope('quantizer', () =>
    encodeLatents(g, config, weights.scope('quantizer'), latents, codebookCount),
  );
  for (const [k, ids] of codes.entries()) g.output(`codes-${k}`, ids);
  return g.build();
}

function inSamples({ before, after }: Context, hopSamples: number): Context {
  return { before: before * hopSamples, after: after * hopSamples };
}

/** Three residual units, Snake, and a strided convolution to twice the channels. */
function downsamplingBlock(
  g: GraphBuilder,
  { isDepthwise }: SnacConfig,
  block: WeightScope,
  x: GraphTensor,
  stride: number,
): GraphTensor {
  const y = residualUnits(g, block, x, { first: 0, isDepthwise });
  const last = residualDilations.length;
  const channels = x.shape[1] as number;
  const alpha = snakeAlpha(g, block.scope(last), channels);
  const weights = normedWeights(g, block.scope(last + 1), [2 * channels, channels, 2 * stride], 2 * channels);
  const padding = [stridePadding(stride), stridePadding(stride)] as const;
  return conv1d(g, rescaledConv(g, weights, { takes: alpha }), snakeTimesAlpha(g, alpha, y), { stride, padding });
}
