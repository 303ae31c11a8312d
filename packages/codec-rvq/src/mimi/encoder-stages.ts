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
import { encoderLayers, featuresAfter, type SeanetLayer } from './seanet-layers.ts';
import { splitEncode } from './split-quantizer.ts';
import { defaultStageOptions, type StageOptions, sectionsOf } from './stage-options.ts';
import type { GraphStage } from '../staged/staged-session.ts';
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
  const sections = sectionsOf(encoderLayers(config.seanet, config.latentWidth), ({ outSteps }) => outSteps, options);
  const conv = weights.scope('encoder').scope('layers');
  return sections.map(({ layers, framesPerRun }, i) => {
    const g = new GraphBuilder(`Mimi encoder, part ${i + 1} of ${sections.length}`);
    const input = sectionInput(g, layers[0]!);
    const features = g.scope('encoder', () => seanet(g, conv, input, layers, config.seanet, options.leastSignalSteps));
    if (i + 1 < sections.length) g.output(featuresAfter(layers.at(-1)!.index), features);
    else g.output('codes', codesOf(g, weights, features, config, codebookCount, framesPerRun));
    return { graph: g.build(), framesPerRun };
  });
}

/** What goes into the first of some layers, `[steps, channels]`: samples, or features of the layers before. */
function sectionInput(g: GraphBuilder, { index, inSteps, inChannels }: SeanetLayer): GraphTensor {
  const steps = multiplyDim(symbolicDim('frames'), inSteps);
  return inChannels === 1
    ? reshape(g, g.input('samples', 'float32', [steps]), [steps, 1])
    : g.input(featuresAfter(index - 1), 'float32', [steps, inChannels]);
}

/** `features [positions, latentWidth] → codes [frames, codebookCount]` */
function codesOf(
  g: GraphBuilder,
  weights: WeightScope,
  features: GraphTensor,
  config: MimiConfig,
  codebookCount: number,
  framesPerRun: number,
): GraphTensor {
  const mixed = g.scope('encoder_transformer', () =>
    transformer(g, weights.scope('encoder_transformer'), features, config.transformer, framesPerRun),
  );
  const latents = g.scope('downsample', () => downsample(g, weights.scope('downsample'), mixed));
  return g.scope('quantizer', () => splitEncode(g, weights.scope('quantizer'), latents, config, codebookCount));
}
