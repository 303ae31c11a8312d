import { type GraphTensor, multiplyDim, reshape, symbolicDim, type WeightScope } from '@speech-tokens/onnx-graph';
import { type ChainLink, graphChain } from '../staged/graph-chain.ts';
import type { GraphStage } from '../staged/staged-session.ts';
import type { MimiConfig } from './mimi-config.ts';
import { downsample } from './resample.ts';
import { seanetLinks } from './seanet.ts';
import { encoderLayers } from './seanet-layers.ts';
import { splitEncode } from './split-quantizer.ts';
import { defaultStageOptions, type StageOptions, sectionsOf } from './stage-options.ts';
import { transformerLinks } from './transformer.ts';

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
  const { coarseFramesPerRun } = options;
  const length = multiplyDim(symbolicDim('frames'), config.hopSamples);
  const samples: GraphTensor = { name: 'samples', elementType: 'float32', shape: [length] };
  const sections = sectionsOf(encoderLayers(config.seanet, config.latentWidth), ({ outSteps }) => outSteps, options);
  const [first, ...others] = seanetLinks('encoder', weights, sections, config.seanet, options);
  const fromSamples: ChainLink = { ...first!, apply: (g, x) => first!.apply(g, reshape(g, x, [length, 1])) };
  const toCodes: ChainLink = {
    output: 'codes',
    framesPerRun: coarseFramesPerRun,
    apply(g, x) {
      const latents = g.scope('downsample', () => downsample(g, weights.scope('downsample'), x));
      return g.scope('quantizer', () => splitEncode(g, weights.scope('quantizer'), latents, config, codebookCount));
    },
  };
  const transformer = transformerLinks('encoder', weights, config.transformer, coarseFramesPerRun);
  return graphChain('Mimi encoder', samples, [fromSamples, ...others, ...transformer, toCodes], options.isSplit);
}
