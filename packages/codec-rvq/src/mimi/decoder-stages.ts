import { GraphBuilder, multiplyDim, reshape, symbolicDim, type WeightScope } from '@speech-tokens/onnx-graph';
import type { MimiConfig } from './mimi-config.ts';
import { upsample } from './resample.ts';
import { seanet } from './seanet.ts';
import { decoderLayers } from './seanet-layers.ts';
import { splitDecode } from './split-quantizer.ts';
import { defaultStageOptions, type StageOptions } from './stage-options.ts';
import type { GraphStage } from './staged-session.ts';
import { transformer } from './transformer.ts';

/**
 * The decoder: `codes int32 [frames, codebooks] → samples [frames · hop]`, with its state carried. A code equal to the
 * codebook's size leaves that codebook out. Step i settles the samples of frame i.
 */
export function decoderStages(
  config: MimiConfig,
  weights: WeightScope,
  options: StageOptions = defaultStageOptions,
): readonly GraphStage[] {
  const layers = decoderLayers(config.seanet, config.latentWidth);
  const { leastSignalSteps, fineFramesPerRun, coarseFramesPerRun } = options;
  const firstFine = layers.findIndex(({ inSteps }) => inSteps >= options.leastFineSteps);
  const border = firstFine < 0 ? layers.length : firstFine;
  const conv = weights.scope('decoder').scope('layers');
  const frames = symbolicDim('frames');
  const samplesShape = [multiplyDim(frames, config.hopSamples)];

  const coarse = (): GraphStage => {
    const g = new GraphBuilder('Mimi decoder, few steps a frame');
    const codes = g.input('codes', 'int32', [frames, config.codebookCount]);
    const latents = g.scope('quantizer', () => splitDecode(g, weights.scope('quantizer'), codes, config));
    const positions = g.scope('upsample', () => upsample(g, weights.scope('upsample'), latents));
    const mixed = g.scope('decoder_transformer', () =>
      transformer(g, weights.scope('decoder_transformer'), positions, config.transformer, coarseFramesPerRun),
    );
    const features = g.scope('decoder', () =>
      seanet(g, conv, mixed, layers.slice(0, border), config.seanet, leastSignalSteps),
    );
    if (border === layers.length) g.output('samples', reshape(g, features, samplesShape));
    else g.output('features', features);
    return { graph: g.build(), framesPerRun: coarseFramesPerRun };
  };
  const fine = (): GraphStage => {
    const g = new GraphBuilder('Mimi decoder, many steps a frame');
    const { inSteps, inChannels } = layers[border]!;
    const features = g.input('features', 'float32', [multiplyDim(frames, inSteps), inChannels]);
    const samples = g.scope('decoder', () =>
      seanet(g, conv, features, layers.slice(border), config.seanet, leastSignalSteps),
    );
    g.output('samples', reshape(g, samples, samplesShape));
    return { graph: g.build(), framesPerRun: fineFramesPerRun };
  };
  return border === layers.length ? [coarse()] : [coarse(), fine()];
}
