import {
  type BuiltGraph,
  divide,
  GraphBuilder,
  type GraphTensor,
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
import { type Seanet, seanet, widestChannels } from './seanet.ts';
import { wholeLayers } from './whole-layers.ts';

/** Segments that are remembered together: the LSTM's weights, read anew at every step, are read once for all of them. */
export const segmentsPerRun = 4;

/**
 * One side of a network for segments that do not see each other, in three graphs: a segment up to the LSTM, the LSTM for
 * several segments, and a segment after it.
 */
export interface SegmentGraphs {
  /** `… → features [frames, width]` */
  readonly first: BuiltGraph;
  /** `features → remembered`, both `[frames, segmentsPerRun, width]`, from no state on */
  readonly recurrent: BuiltGraph;
  /** `features [frames, width], … → output` */
  readonly last: BuiltGraph;
}

/**
 * The encoder: `samples [channels, n]`, and where audio is normalised `scale [1]` → … →
 * `output int32 [⌈n / hop⌉, codebookCount]`.
 */
export function buildSegmentEncoder(config: EncodecConfig, weights: WeightScope, codebookCount: number): SegmentGraphs {
  const { channelCount, hopSamples, isNormalized } = config;
  const first = new GraphBuilder('EnCodec encoder before its LSTM');
  const length = multiplyDim(symbolicDim('frames'), hopSamples);
  const samples = reshape(first, first.input('samples', 'float32', [channelCount, length]), [1, channelCount, length]);
  const normalized = isNormalized ? divide(first, samples, first.input('scale', 'float32', [1])) : samples;
  first.output('features', signalToRows(first, networkOf(first, config, weights).downsample(normalized)));

  const last = new GraphBuilder('EnCodec encoder after its LSTM');
  const head = networkOf(last, config, weights).encoderHead(featureSignal(last, config));
  last.output('output', residualCodes(last, signalToRows(last, head), config, weights, codebookCount));
  return { first: first.build(), recurrent: buildRecurrent(config, weights, 'encoderLstm'), last: last.build() };
}

/**
 * The decoder: `codes int32 [frames, codebooks]` → …, and where audio is normalised `scale [1]` →
 * `output [channels, frames · hop]`. A code equal to the codebook's size leaves that codebook out.
 */
export function buildSegmentDecoder(config: EncodecConfig, weights: WeightScope): SegmentGraphs {
  const { channelCount, codebookCount, hopSamples, isNormalized } = config;
  const first = new GraphBuilder('EnCodec decoder before its LSTM');
  const codes = first.input('codes', 'int32', [symbolicDim('frames'), codebookCount]);
  const latents = rowsToSignal(first, latentsOfCodes(first, codes, config, weights));
  first.output('features', signalToRows(first, networkOf(first, config, weights).decoderHead(latents)));

  const last = new GraphBuilder('EnCodec decoder after its LSTM');
  const audio = networkOf(last, config, weights).upsample(featureSignal(last, config));
  const scaled = isNormalized ? multiply(last, audio, last.input('scale', 'float32', [1])) : audio;
  last.output('output', reshape(last, scaled, [channelCount, multiplyDim(symbolicDim('frames'), hopSamples)]));
  return { first: first.build(), recurrent: buildRecurrent(config, weights, 'decoderLstm'), last: last.build() };
}

function buildRecurrent(config: EncodecConfig, weights: WeightScope, side: 'encoderLstm' | 'decoderLstm'): BuiltGraph {
  const g = new GraphBuilder('LSTM of EnCodec');
  const shape = [symbolicDim('frames'), segmentsPerRun, widestChannels(config)];
  g.output('remembered', networkOf(g, config, weights)[side](g.input('features', 'float32', shape)));
  return g.build();
}

function networkOf(g: GraphBuilder, config: EncodecConfig, weights: WeightScope): Seanet {
  return seanet(g, wholeLayers(g, config), weights, config);
}

/** `features [frames, width]` as a signal. */
function featureSignal(g: GraphBuilder, config: EncodecConfig): GraphTensor {
  return rowsToSignal(g, g.input('features', 'float32', [symbolicDim('frames'), widestChannels(config)]));
}
