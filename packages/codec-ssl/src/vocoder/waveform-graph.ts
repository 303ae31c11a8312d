import {
  type BuiltGraph,
  concat,
  cropCutSides,
  GraphBuilder,
  type GraphTensor,
  gatherRows,
  leakyRelu,
  rowsToSignal,
  sameConv1d,
  symbolicDim,
  tanh,
  transposedConv1d,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import { outerKernel, vocoderReach } from './receptive-field.ts';
import { convWeights, residualBlocks } from './residual-blocks.ts';
import type { VocoderConfig } from './vocoder-config.ts';

/**
 * Units to sound: `units, language, speaker int32 [frames] → samples [1, 1, frames · hop]`; language and speaker only
 * where the configuration has such a table. Every frame is given them, so that what lies outside of a recording is zeros
 * for them too, as in the authors' code.
 *
 * `cut int32 [2]` says where the frames are cut out of a recording (see `cropCutSides`): there they have `vocoderReach`
 * frames more than are wanted, and `samples` lacks them. Context is left out level by level, as no later one needs it.
 * Sources: Polyak et al., "Speech Resynthesis from Discrete Disentangled Self-Supervised Representations"; Kong et al.,
 * "HiFi-GAN"; huggingface/transformers, `modeling_seamless_m4t.py` (`SeamlessM4TCodeHifiGan`).
 */
export function buildWaveformGraph(config: VocoderConfig, weights: WeightScope): BuiltGraph {
  const g = new GraphBuilder('unit HiFi-GAN');
  const frames = symbolicDim('frames');
  const embedded = (input: string, name: string, count: number, width: number): GraphTensor[] => {
    if (width === 0) return [];
    const table = weights.scope(name).tensor(g, 'weight', [count, width]);
    return [gatherRows(g, table, g.input(input, 'int32', [frames]))];
  };
  const { languages, speakers, unitCount, unitWidth } = config;
  const rows = [
    ...embedded('language', 'language_embedding', languages.count, languages.width),
    ...embedded('units', 'unit_embedding', unitCount, unitWidth),
    ...embedded('speaker', 'speaker_embedding', speakers.count, speakers.width),
  ];
  const cut = g.input('cut', 'int32', [2]);
  const x = rowsToSignal(g, rows.length === 1 ? rows[0]! : concat(g, rows, 1));
  g.output(
    'samples',
    g.scope('hifi_gan', () => generate(g, config, weights.scope('hifi_gan'), x, cut)),
  );
  return g.build();
}

function generate(
  g: GraphBuilder,
  config: VocoderConfig,
  weights: WeightScope,
  x: GraphTensor,
  cut: GraphTensor,
): GraphTensor {
  const reach = vocoderReach(config);
  const crop = (y: GraphTensor, surplus: number): GraphTensor => cropCutSides(g, y, cut, [surplus, surplus]);
  const { firstChannels } = config;
  const first = convWeights(g, weights.scope('conv_pre'), [firstChannels, x.shape[1] as number, outerKernel]);
  let y = g.scope('conv_pre', () => sameConv1d(g, first, x));
  let context = reach.frames;
  for (const [i, { stride, kernel, inChannels, channels }] of config.levels.entries()) {
    const { before, after } = reach.levels[i]!;
    const needed = g.scope(`upsampler.${i}.input`, () => crop(y, context - before));
    y = g.scope(`upsampler.${i}`, () => {
      const parts = convWeights(g, weights.scope('upsampler').scope(i), [inChannels, channels, kernel], 1);
      const trim = (kernel - stride) / 2;
      const active = leakyRelu(g, needed, config.leakySlope);
      return crop(transposedConv1d(g, parts, active, { stride, trim: [trim, trim] }), before * stride - after);
    });
    y = residualBlocks(g, config, weights.scope('resblocks'), y, i * config.blocks.length);
    context = after;
  }
  const needed = g.scope('conv_post.input', () => crop(y, context - reach.samples));
  return g.scope('conv_post', () => {
    const last = convWeights(g, weights.scope('conv_post'), [1, y.shape[1] as number, outerKernel]);
    // The authors' last activation has PyTorch's own slope, whatever the configuration says.
    const active = leakyRelu(g, needed, 0.01);
    return crop(tanh(g, sameConv1d(g, last, active)), reach.samples);
  });
}
