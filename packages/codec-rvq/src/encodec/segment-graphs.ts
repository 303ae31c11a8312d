import {
  type GraphTensor,
  multiplyDim,
  reshape,
  rowsToSignal,
  signalToRows,
  symbolicDim,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import { type ChainLink, graphChain } from '../staged/graph-chain.ts';
import type { GraphStage } from '../staged/staged-session.ts';
import type { EncodecConfig } from './encodec-config.ts';
import { lstmLinks } from './lstm-links.ts';
import { latentsOfCodes, residualCodes } from './quantizer.ts';
import { seanet } from './seanet.ts';
import { wholeLayers } from './whole-layers.ts';

/** Layers that look to both sides see the whole segment in one run. */
const framesPerRun = Number.POSITIVE_INFINITY;

/**
 * The encoder of one segment: `samples [channels · n]`, channel by channel → `codes int32 [⌈n / hop⌉, codebookCount]`.
 * Segments do not see each other: each starts with a new state.
 */
export function segmentEncoder(
  config: EncodecConfig,
  weights: WeightScope,
  codebookCount: number,
): readonly GraphStage[] {
  const length = multiplyDim(symbolicDim('frames'), config.hopSamples);
  const { channelCount } = config;
  const before: ChainLink = {
    output: 'features',
    framesPerRun,
    apply(g, x) {
      const network = seanet(g, wholeLayers(g, config), weights, config);
      return signalToRows(g, network.downsample(reshape(g, x, [1, channelCount, length])));
    },
  };
  const after: ChainLink = {
    output: 'codes',
    framesPerRun,
    apply(g, x) {
      const latents = seanet(g, wholeLayers(g, config), weights, config).encoderHead(rowsToSignal(g, x));
      return residualCodes(g, signalToRows(g, latents), config, weights, codebookCount);
    },
  };
  return graphChain('EnCodec encoder', planarSamples(config), [
    before,
    ...lstmLinks('encoder', weights, config),
    after,
  ]);
}

/**
 * The decoder of one segment: `codes int32 [frames, codebooks]` → `samples [channels · frames · hop]`, channel by channel.
 * A code equal to the codebook's size leaves that codebook out.
 */
export function segmentDecoder(config: EncodecConfig, weights: WeightScope): readonly GraphStage[] {
  const frames = symbolicDim('frames');
  const codes: GraphTensor = { name: 'codes', elementType: 'int32', shape: [frames, config.codebookCount] };
  const before: ChainLink = {
    output: 'features',
    framesPerRun,
    apply(g, x) {
      const latents = rowsToSignal(g, latentsOfCodes(g, x, config, weights));
      return signalToRows(g, seanet(g, wholeLayers(g, config), weights, config).decoderHead(latents));
    },
  };
  const after: ChainLink = {
    output: 'samples',
    framesPerRun,
    apply(g, x) {
      const audio = seanet(g, wholeLayers(g, config), weights, config).upsample(rowsToSignal(g, x));
      return reshape(g, audio, planarSamples(config).shape);
    },
  };
  return graphChain('EnCodec decoder', codes, [before, ...lstmLinks('decoder', weights, config), after]);
}

function planarSamples({ channelCount, hopSamples }: EncodecConfig): GraphTensor {
  const shape = [multiplyDim(symbolicDim('frames'), channelCount * hopSamples)];
  return { name: 'samples', elementType: 'float32', shape };
}
