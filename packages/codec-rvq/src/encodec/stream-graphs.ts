import {
  type BuiltGraph,
  GraphBuilder,
  multiplyDim,
  reshape,
  symbolicDim,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import type { EncodecConfig } from './encodec-config.ts';
import { latentsOfCodes, residualCodes } from './quantizer.ts';
import { seanet } from './seanet.ts';
import { streamLayers } from './stream-layers.ts';

/**
 * The causal encoder: `samples [frames · hop] → codes int32 [frames, codebookCount]`, with its state carried. The last
 * samples of a stream need not fill their frame: each layer pads them its own way.
 */
export function buildStreamEncoder(config: EncodecConfig, weights: WeightScope, codebookCount: number): BuiltGraph {
  const g = new GraphBuilder('EnCodec encoder');
  const length = multiplyDim(symbolicDim('frames'), config.hopSamples);
  const samples = g.input('samples', 'float32', [length]);
  const network = seanet(g, streamLayers(g), weights, config);
  const features = network.encoderLstm(network.downsample(reshape(g, samples, [1, 1, length])));
  const latents = network.encoderHead(features);
  const codes = residualCodes(g, latents, config, weights, codebookCount);
  g.output('codes', codes);
  return g.build();
}

/**
 * The causal decoder: `codes int32 [frames, codebooks] → samples [frames · hop]`, with its state carried. A code equal to
 * the codebook's size leaves that codebook out.
 */
export function buildStreamDecoder(config: EncodecConfig, weights: WeightScope): BuiltGraph {
  const g = new GraphBuilder('EnCodec decoder');
  const frames = symbolicDim('frames');
  const codes = g.input('codes', 'int32', [frames, config.codebookCount]);
  const latents = latentsOfCodes(g, codes, config, weights);
  const network = seanet(g, streamLayers(g), weights, config);
  const audio = network.upsample(network.decoderLstm(network.decoderHead(latents)));
  g.output('samples', reshape(g, audio, [multiplyDim(frames, config.hopSamples)]));
  return g.build();
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
