import {
  type BuiltGraph,
  conv1d,
  cropCutSides,
  GraphBuilder,
  type GraphTensor,
  rescaledConv,
  rowsToSignal,
  sameConv1d,
  snakeAlpha,
  snakeTimesAlpha,
  symbolicDim,
  tanh,
  type WeightScope,
  weightNormed,
} from '@speech-tokens/onnx-graph';
import type { DacConfig } from './dac-config.ts';
import { residualLatents } from './quantizer.ts';
import { decoderReach, unitDilations } from './receptive-field.ts';
import { convWeights, residualUnit } from './residual-unit.ts';
import { upsample } from './upsample.ts';

/**
 * The decoder: `codes-0, codes-1, … int32 [frames] → samples [1, 1, frames · hop]`. A code equal to the codebook's size
 * leaves that codebook out. With an odd stride the authors' decoder gives out some samples less at the end.
 *
 * It takes `cut` (see `WindowGraph`): context is left out block by block, as no later block needs it. The last blocks do
 * most of the work, and need little of it.
 * Sources: as the encoder's.
 */
export function buildDacDecoder(config: DacConfig, weights: WeightScope): BuiltGraph {
  const g = new GraphBuilder('DAC decoder');
  const frames = symbolicDim('frames');
  const codes = Array.from({ length: config.codebookCount }, (_, k) => g.input(`codes-${k}`, 'int32', [frames]));
  const cut = g.input('cut', 'int32', [2]);
  const latents = g.scope('quantizer', () => residualLatents(g, config, weights.scope('quantizer'), codes));
  const samples = g.scope('decoder', () => decode(g, config, weights.scope('decoder'), rowsToSignal(g, latents), cut));
  g.output('samples', samples);
  return g.build();
}

function decode(
  g: GraphBuilder,
  config: DacConfig,
  weights: WeightScope,
  latents: GraphTensor,
  cut: GraphTensor,
): GraphTensor {
  const reach = decoderReach(config);
  let channels = config.decoderChannels;
  const first = convWeights(g, weights.scope('conv1'), [channels, config.latentWidth, 7]);
  let x = g.scope('conv1', () => sameConv1d(g, first, latents));
  let context = reach.frames;
  for (const [i, stride] of config.strides.toReversed().entries()) {
    g.scope(`block.${i}`, () => {
      const { before, after } = reach.blocks[i]!;
      const dropped = context - before;
      x = decoderBlock(g, weights.scope('block').scope(i), cropCutSides(g, x, cut, [dropped, dropped]), {
        stride,
        crop: (y) => {
          // Of an odd stride, the last sample is not given out.
          const surplus = before * stride - after;
          return cropCutSides(g, y, cut, [surplus, surplus - (stride % 2)]);
        },
      });
      context = after;
    });
    channels /= 2;
  }
  return g.scope('conv2', () => {
    const dropped = context - reach.samples;
    const alpha = snakeAlpha(g, weights.scope('snake1'), channels);
    const last = rescaledConv(g, convWeights(g, weights.scope('conv2'), [1, channels, 7]), { takes: alpha });
    const y = snakeTimesAlpha(g, alpha, cropCutSides(g, x, cut, [dropped, dropped]));
    const samples = tanh(g, conv1d(g, last, y, { padding: [3, 3] }));
    return cropCutSides(g, samples, cut, [reach.samples, reach.samples]);
  });
}

/** More samples by the stride and half the channels, then three residual units. */
function decoderBlock(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  { stride, crop }: { readonly stride: number; readonly crop: (y: GraphTensor) => GraphTensor },
): GraphTensor {
  const channels = x.shape[1] as number;
  const alpha = snakeAlpha(g, weights.scope('snake1'), channels);
  const stored = {
    weight: weightNormed(g, weights.scope('conv_t1'), [channels, channels / 2, 2 * stride]),
    bias: weights.scope('conv_t1').tensor(g, 'bias', [channels / 2]),
  };
  const up = rescaledConv(g, stored, { takes: alpha, takesAxis: 0 });
  let y = g.scope('conv_t1', () => crop(upsample(g, up, snakeTimesAlpha(g, alpha, x), stride)));
  for (const [i, dilation] of unitDilations.entries()) {
    y = g.scope(`res_unit${i + 1}`, () =>
      residualUnit(g, weights.scope(`res_unit${i + 1}`), y, { dilation, tileOutputs: 6 }),
    );
  }
  return y;
}
