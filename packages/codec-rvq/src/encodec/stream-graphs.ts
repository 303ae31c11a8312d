import {
  type GraphTensor,
  multiplyDim,
  reshape,
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
import { streamLayers } from './stream-layers.ts';

/** The most frames of one run of what lies before and after the LSTM: what lies between two layers stays in the cache. */
export const streamFramesPerRun = 50;

/**
 * The causal encoder: `samples [frames · hop] → codes int32 [frames, codebookCount]`, with its state carried. The last
 * samples of a stream need not fill their frame: each layer pads them its own way.
 */
export function streamEncoder(
  config: EncodecConfig,
  weights: WeightScope,
  codebookCount: number,
): readonly GraphStage[] {
  const length = multiplyDim(symbolicDim('frames'), config.hopSamples);
  const samples: GraphTensor = { name: 'samples', elementType: 'float32', shape: [length] };
  const before: ChainLink = {
    output: 'features',
    framesPerRun: streamFramesPerRun,
    apply(g, x) {
      const network = seanet(g, streamLayers(g, 'before'), weights, config);
      const features = network.downsample(reshape(g, x, [1, 1, length]));
      return features.shape.length === 2 ? features : signalToRows(g, features);
    },
  };
  const after: ChainLink = {
    output: 'codes',
    framesPerRun: streamFramesPerRun,
    apply(g, x) {
      const latents = seanet(g, streamLayers(g, 'after'), weights, config).encoderHead(x);
      return residualCodes(g, latents, config, weights, codebookCount);
    },
  };
  return graphChain('EnCodec encoder', samples, [before, ...lstmLinks('encoder', weights, config), after]);
}

/**
 * The causal decoder: `codes int32 [frames, codebooks] → samples [frames · hop]`, with its state carried. A code equal to
 * the codebook's size leaves that codebook out.
 */
export function streamDecoder(config: EncodecConfig, weights: WeightScope): readonly GraphStage[] {
  const frames = symbolicDim('frames');
  const codes: GraphTensor = { name: 'codes', elementType: 'int32', shape: [frames, config.codebookCount] };
  const before: ChainLink = {
    output: 'features',
    framesPerRun: streamFramesPerRun,
    apply: (g, x) =>
      seanet(g, streamLayers(g, 'before'), weights, config).decoderHead(latentsOfCodes(g, x, config, weights)),
  };
  const after: ChainLink = {
    output: 'samples',
    framesPerRun: streamFramesPerRun,
    apply(g, x) {
      const audio = seanet(g, streamLayers(g, 'after'), weights, config).upsample(x);
      return reshape(g, audio, [multiplyDim(frames, config.hopSamples)]);
    },
  };
  return graphChain('EnCodec decoder', codes, [before, ...lstmLinks('decoder', weights, config), after]);
}

/**
 * Frames that the first run of a stream needs: one more than the furthest that a layer reaches back, in frames of its
 * own rate. Both networks have a kernel at the frame rate; the others reach back less than a frame in all usual sizes.
 */
export function firstRunFrames(config: EncodecConfig, side: 'encoder' | 'decoder'): number {
  const { ratios, residualKernelSize, dilationGrowth, residualLayerCount, kernelSize, lastKernelSize } = config;
  const residualReach =
    residualLayerCount === 0 ? 0 : (residualKernelSize - 1) * dilationGrowth ** (residualLayerCount - 1);
  let frames = side === 'encoder' ? lastKernelSize : kernelSize;
  let samplesPerFrame = 1;
  for (const ratio of ratios) {
    // In the encoder, what comes out at this rate is padded by `ratio` samples before the downsampling.
    samplesPerFrame *= ratio;
    const reach = side === 'encoder' ? Math.max(residualReach, ratio) : residualReach;
    frames = Math.max(frames, Math.ceil((reach + 1) / samplesPerFrame));
  }
  const outermost = side === 'encoder' ? kernelSize : lastKernelSize;
  return Math.max(frames, Math.ceil(outermost / samplesPerFrame));
}
