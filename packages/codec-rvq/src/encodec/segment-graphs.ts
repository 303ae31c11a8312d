import {
  type BuiltGraph,
  divide,
  GraphBuilder,
  multiply,
  multiplyDim,
  reshape,
  rowsToSignal,
  signalToRows,
  symbolicDim,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import type { EncodecConfig } from './encodec-config.ts';
import { latentsOfCodes, residualCodes } from './quantizer.ts';
import { seanet } from './seanet.ts';
import { wholeLayers } from './whole-layers.ts';

/**
 * The encoder of one segment: `samples [channels, n]`, and where audio is normalised `scale [1]` →
 * `codes int32 [⌈n / hop⌉, codebookCount]`. Segments do not see each other.
 */
export function buildSegmentEncoder(config: EncodecConfig, weights: WeightScope, codebookCount: number): BuiltGraph {
  const g = new GraphBuilder('EnCodec encoder');
  const { channelCount, hopSamples, isNormalized } = config;
  const length = multiplyDim(symbolicDim('frames'), hopSamples);
  const samples = reshape(g, g.input('samples', 'float32', [channelCount, length]), [1, channelCount, length]);
  const normalized = isNormalized ? divide(g, samples, g.input('scale', 'float32', [1])) : samples;
  const network = seanet(g, wholeLayers(g, config), weights, config);
  const features = network.encoderLstm(network.downsample(normalized));
  const latents = signalToRows(g, network.encoderHead(features));
  g.output('codes', residualCodes(g, latents, config, weights, codebookCount));
  return g.build();
}

/**
 * The decoder of one segment: `codes int32 [frames, codebooks]`, and where audio is normalised `scale [1]` →
 * `samples [channels, frames · hop]`. A code equal to the codebook's size leaves that codebook out.
 */
export function buildSegmentDecoder(config: EncodecConfig, weights: WeightScope): BuiltGraph {
  const g = new GraphBuilder('EnCodec decoder');
  const { channelCount, hopSamples, isNormalized } = config;
  const frames = symbolicDim('frames');
  const codes = g.input('codes', 'int32', [frames, config.codebookCount]);
  const scale = isNormalized ? g.input('scale', 'float32', [1]) : undefined;
  const latents = latentsOfCodes(g, codes, config, weights);
  const network = seanet(g, wholeLayers(g, config), weights, config);
  const audio = network.upsample(network.decoderLstm(network.decoderHead(rowsToSignal(g, latents))));
  const scaled = scale === undefined ? audio : multiply(g, audio, scale);
  g.output('samples', reshape(g, scaled, [channelCount, multiplyDim(frames, hopSamples)]));
  return g.build();
}
