import {
  GraphBuilder,
  type GraphTensor,
  multiplyDim,
  reshape,
  symbolicDim,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import type { MimiConfig } from './mimi-config.ts';
import { upsample } from './resample.ts';
import { seanet } from './seanet.ts';
import { decoderLayers, featuresAfter } from './seanet-layers.ts';
import { splitDecode } from './split-quantizer.ts';
import { defaultStageOptions, type StageOptions, sectionsOf } from './stage-options.ts';
import type { GraphStage } from '../staged/staged-session.ts';
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
  const sections = sectionsOf(decoderLayers(config.seanet, config.latentWidth), ({ inSteps }) => inSteps, options);
  const conv = weights.scope('decoder').scope('layers');
  const frames = symbolicDim('frames');
  return sections.map(({ layers, framesPerRun }, i) => {
    const g = new GraphBuilder(`Mimi decoder, part ${i + 1} of ${sections.length}`);
    const { index, inSteps, inChannels } = layers[0]!;
    const input =
      i === 0
        ? positionsOf(g, weights, config, framesPerRun)
        : g.input(featuresAfter(index - 1), 'float32', [multiplyDim(frames, inSteps), inChannels]);
    const features = g.scope('decoder', () => seanet(g, conv, input, layers, config.seanet, options.leastSignalSteps));
    if (i + 1 < sections.length) g.output(featuresAfter(layers.at(-1)!.index), features);
    else g.output('samples', reshape(g, features, [multiplyDim(frames, config.hopSamples)]));
    return { graph: g.build(), framesPerRun };
  });
}

/** The codes of an input of the graph → `[positions, latentWidth]`. */
function positionsOf(g: GraphBuilder, weights: WeightScope, config: MimiConfig, framesPerRun: number): GraphTensor {
  const codes = g.input('codes', 'int32', [symbolicDim('frames'), config.codebookCount]);
  const latents = g.scope('quantizer', () => splitDecode(g, weights.scope('quantizer'), codes, config));
  const positions = g.scope('upsample', () => upsample(g, weights.scope('upsample'), latents));
  return g.scope('decoder_transformer', () =>
    transformer(g, weights.scope('decoder_transformer'), positions, config.transformer, framesPerRun),
  );
}
