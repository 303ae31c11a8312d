import {
  GraphBuilder,
  type GraphTensor,
  multiplyDim,
  reshape,
  symbolicDim,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import type { MimiConfig } from './mimi-config.ts';
import { downsample } from './resample.ts';
import { seanet } from './seanet.ts';
import { encoderLayers, type SeanetLayer } from './seanet-layers.ts';
import { splitEncode } from './split-quantizer.ts';
import { defaultStageOptions, type StageOptions } from './stage-options.ts';
import type { GraphStage } from './staged-session.ts';
import { transformer } from './transformer.ts';

/**
 * The encoder: `samples [frames · hop] → codes int32 [frames, codebookCount]`, with its state carried. Step i sees the
 * samples before (i + 1) · hop.
 */
export function encoderStages(
  config: MimiConfig,
  weights: WeightScope,
  codebookCount: number,
  options: StageOptions = defaultStageOptions,
): readonly GraphStage[] {
  const layers = encoderLayers(config.seanet, config.latentWidth);
  const { leastSignalSteps, fineFramesPerRun, coarseFramesPerRun } = options;
  const border = layers.findIndex(({ outSteps }) => outSteps < options.leastFineSteps);
  const conv = weights.scope('encoder').scope('layers');
  const frames = symbolicDim('frames');

  const input = (g: GraphBuilder, name: string, { inSteps, inChannels }: SeanetLayer): GraphTensor => {
    const steps = multiplyDim(frames, inSteps);
    return inChannels === 1
      ? reshape(g, g.input(name, 'float32', [steps]), [steps, 1])
      : g.input(name, 'float32', [steps, inChannels]);
  };
  const fine = (): GraphStage => {
    const g = new GraphBuilder('Mimi encoder, many steps a frame');
    const samples = input(g, 'samples', layers[0]!);
    const features = g.scope('encoder', () =>
      seanet(g, conv, samples, layers.slice(0, border), config.seanet, leastSignalSteps),
    );
    g.output('features', features);
    return { graph: g.build(), framesPerRun: fineFramesPerRun };
  };
  const coarse = (): GraphStage => {
    const g = new GraphBuilder('Mimi encoder, few steps a frame');
    const features = input(g, border === 0 ? 'samples' : 'features', layers[border]!);
    const positions = g.scope('encoder', () =>
      seanet(g, conv, features, layers.slice(border), config.seanet, leastSignalSteps),
    );
    const mixed = g.scope('encoder_transformer', () =>
      transformer(g, weights.scope('encoder_transformer'), positions, config.transformer, coarseFramesPerRun),
    );
    const latents: GraphTensor = g.scope('downsample', () => downsample(g, weights.scope('downsample'), mixed));
    const codes = g.scope('quantizer', () =>
      splitEncode(g, weights.scope('quantizer'), latents, config, codebookCount),
    );
    g.output('codes', codes);
    return { graph: g.build(), framesPerRun: coarseFramesPerRun };
  };
  return border === 0 ? [coarse()] : [fine(), coarse()];
}
