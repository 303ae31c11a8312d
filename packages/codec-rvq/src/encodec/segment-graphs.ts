import {
  add,
  type BuiltGraph,
  divide,
  GraphBuilder,
  type GraphTensor,
  multiply,
  multiplyDim,
  reshape,
  rowsToSignal,
  signalToRows,
  sqrt,
  symbolicDim,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import type { EncodecConfig } from './encodec-config.ts';
import { latentsOfCodes, residualCodes } from './quantizer.ts';
import { seanet } from './seanet.ts';
import { wholeLayers } from './whole-layers.ts';

/**
 * The encoder of one segment: `samples [channels, n] → codes int32 [⌈n / hop⌉, codebookCount]`, and where audio is
 * normalised `scale [1]`. Segments do not see each other.
 */
export function buildSegmentEncoder(config: EncodecConfig, weights: WeightScope, codebookCount: number): BuiltGraph {
  const g = new GraphBuilder('EnCodec encoder');
  const { channelCount, hopSamples, isNormalized } = config;
  const length = multiplyDim(symbolicDim('frames'), hopSamples);
  const samples = reshape(g, g.input('samples', 'float32', [channelCount, length]), [1, channelCount, length]);
  const loudness = isNormalized ? g.scope('loudness', () => scaleOf(g, samples)) : undefined;
  const network = seanet(g, wholeLayers(g, config), weights, config);
  const features = network.downsample(loudness === undefined ? samples : divide(g, samples, loudness));
  const latents = signalToRows(g, network.encoderHead(network.encoderLstm(features)));
  g.output('codes', residualCodes(g, latents, config, weights, codebookCount));
  if (loudness !== undefined) g.output('scale', reshape(g, loudness, [1]));
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

/**
 * The loudness that a segment is divided by: the root of the mean square of its channels' mean, and 1e-8.
 * Source: facebookresearch/encodec, encodec/model.py, `_encode_frame`.
 */
function scaleOf(g: GraphBuilder, samples: GraphTensor): GraphTensor {
  const mean = (x: GraphTensor, axis: number): GraphTensor =>
    g.node(
      'ReduceMean',
      [x, g.int64s([axis])],
      { elementType: 'float32', shape: x.shape.map((dim, i) => (i === axis ? 1 : dim)) },
      { keepdims: 1 },
    );
  const mono = mean(samples, 1);
  return add(g, sqrt(g, mean(multiply(g, mono, mono), 2)), g.scalar(1e-8));
}
