import { type GraphTensor, multiplyDim, reshape, symbolicDim, type WeightScope } from '@speech-tokens/onnx-graph';
import { type ChainLink, graphChain } from '../staged/graph-chain.ts';
import type { GraphStage } from '../staged/staged-session.ts';
import type { MimiConfig } from './mimi-config.ts';
import { upsample } from './resample.ts';
import { seanetLinks } from './seanet.ts';
import { decoderLayers } from './seanet-layers.ts';
import { splitDecode } from './split-quantizer.ts';
import { defaultStageOptions, type StageOptions, sectionsOf } from './stage-options.ts';
import { transformerLinks } from './transformer.ts';

/**
 * The decoder: `codes int32 [frames, codebooks] → samples [frames · hop]`, with its state carried. A code equal to the
 * codebook's size leaves that codebook out. Step i settles the samples of frame i.
 */
export function decoderStages(
  config: MimiConfig,
  weights: WeightScope,
  options: StageOptions = defaultStageOptions,
): readonly GraphStage[] {
  const { coarseFramesPerRun } = options;
  const frames = symbolicDim('frames');
  const codes: GraphTensor = { name: 'codes', elementType: 'int32', shape: [frames, config.codebookCount] };
  const fromCodes: ChainLink = {
    output: 'positions',
    framesPerRun: coarseFramesPerRun,
    apply(g, x) {
      const latents = g.scope('quantizer', () => splitDecode(g, weights.scope('quantizer'), x, config));
      return g.scope('upsample', () => upsample(g, weights.scope('upsample'), latents));
    },
  };
  const sections = sectionsOf(decoderLayers(config.seanet, config.latentWidth), ({ inSteps }) => inSteps, options);
  const features = seanetLinks('decoder', weights, sections, config.seanet, options);
  const last = features.at(-1)!;
  const toSamples: ChainLink = {
    ...last,
    output: 'samples',
    apply: (g, x) => reshape(g, last.apply(g, x), [multiplyDim(frames, config.hopSamples)]),
  };
  const transformer = transformerLinks('decoder', weights, config.transformer, coarseFramesPerRun);
  return graphChain(
    'Mimi decoder',
    codes,
    [fromCodes, ...transformer, ...features.slice(0, -1), toSamples],
    options.isSplit,
  );
}
