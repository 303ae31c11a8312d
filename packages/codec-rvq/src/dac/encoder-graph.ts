import {
  type BuiltGraph,
  cast,
  conv1d,
  GraphBuilder,
  type GraphTensor,
  multiplyDim,
  rescaledConv,
  reshape,
  sameConv1d,
  signalToRows,
  snakeAlpha,
  snakeTimesAlpha,
  symbolicDim,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import type { DacConfig } from './dac-config.ts';
import { residualCodes } from './quantizer.ts';
import { strideTrim, unitDilations } from './receptive-field.ts';
import { convWeights, residualUnit } from './residual-unit.ts';

/**
 * The encoder: `samples [frames · hop] → codes-0, codes-1, … int32 [frames]` of the first `codebookCount` codebooks.
 * Sources: Kumar et al., "High-Fidelity Audio Compression with Improved RVQGAN"; descriptinc/descript-audio-codec,
 * dac/model/dac.py; names and padding of the weights as huggingface/transformers, modeling_dac.py.
 */
export function buildDacEncoder(config: DacConfig, weights: WeightScope, codebookCount: number): BuiltGraph {
  const g = new GraphBuilder('DAC encoder');
  const frames = symbolicDim('frames');
  const sampleCount = multiplyDim(frames, config.hopSamples);
  const samples = reshape(g, g.input('samples', 'float32', [sampleCount]), [1, 1, sampleCount]);
  const latents = g.scope('encoder', () => encode(g, config, weights.scope('encoder'), samples));
  const rows = signalToRows(g, latents);
  const codes = g.scope('quantizer', () => residualCodes(g, config, weights.scope('quantizer'), rows, codebookCount));
  for (const [k, ids] of codes.entries()) g.output(`codes-${k}`, cast(g, reshape(g, ids, [frames]), 'int32'));
  return g.build();
}

function encode(g: GraphBuilder, config: DacConfig, weights: WeightScope, samples: GraphTensor): GraphTensor {
  let channels = config.encoderChannels;
  let x = g.scope('conv1', () => sameConv1d(g, convWeights(g, weights.scope('conv1'), [channels, 1, 7]), samples));
  for (const [i, stride] of config.strides.entries()) {
    g.scope(`block.${i}`, () => {
      x = encoderBlock(g, weights.scope('block').scope(i), x, stride);
    });
    channels *= 2;
  }
  return g.scope('conv2', () => {
    const alpha = snakeAlpha(g, weights.scope('snake1'), channels);
    const last = convWeights(g, weights.scope('conv2'), [config.latentWidth, channels, 3]);
    return conv1d(g, rescaledConv(g, last, { takes: alpha }), snakeTimesAlpha(g, alpha, x), { padding: [1, 1] });
  });
}

/** Three residual units, then half as many samples for `stride` 2: `[1, channels, samples] → [1, 2 · channels, …]` */
function encoderBlock(g: GraphBuilder, weights: WeightScope, x: GraphTensor, stride: number): GraphTensor {
  const channels = x.shape[1] as number;
  // Small errors decide between codes that are nearly as far.
  const tileOutputs = 4;
  let y = x;
  for (const [i, dilation] of unitDilations.entries()) {
    y = g.scope(`res_unit${i + 1}`, () =>
      residualUnit(g, weights.scope(`res_unit${i + 1}`), y, { dilation, tileOutputs }),
    );
  }
  const alpha = snakeAlpha(g, weights.scope('snake1'), channels);
  const down = convWeights(g, weights.scope('conv1'), [2 * channels, channels, 2 * stride]);
  // Of an odd stride, the last result would begin past the end: the padding after falls short by one.
  const padding = [strideTrim(stride), strideTrim(stride)] as const;
  return g.scope('conv1', () =>
    conv1d(g, rescaledConv(g, down, { takes: alpha }), snakeTimesAlpha(g, alpha, y), { stride, padding }),
  );
}
