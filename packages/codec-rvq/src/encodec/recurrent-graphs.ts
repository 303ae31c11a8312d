import {
  type BuiltGraph,
  GraphBuilder,
  type GraphTensor,
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

/**
 * A network that looks to both sides around an LSTM that goes on from the start of a recording to its end, in three
 * graphs: windows before the LSTM, the LSTM with its state carried, and windows after it. Windows start and end with the
 * recording where they lie at its start and end; elsewhere, results near their edges are not those of the recording.
 */
export interface RecurrentGraphs {
  /** `input → features [frames, width]` */
  readonly first: BuiltGraph;
  /** `features → remembered`, with state */
  readonly recurrent: BuiltGraph;
  /** `features → output` */
  readonly last: BuiltGraph;
}

/** `input float32 [samples] → … → output int32 [⌈samples / hop⌉, codebookCount]` */
export function buildRecurrentEncoder(
  config: EncodecConfig,
  weights: WeightScope,
  codebookCount: number,
): RecurrentGraphs {
  const first = new GraphBuilder('EnCodec encoder before its LSTM');
  const length = multiplyDim(symbolicDim('frames'), config.hopSamples);
  const samples = reshape(first, first.input('input', 'float32', [length]), [1, 1, length]);
  first.output('features', signalToRows(first, networkOf(first, config, weights).downsample(samples)));

  const last = new GraphBuilder('EnCodec encoder after its LSTM');
  const features = featuresInput(last, config);
  const latents = signalToRows(last, networkOf(last, config, weights).encoderHead(features));
  last.output('output', residualCodes(last, latents, config, weights, codebookCount));
  const recurrent = buildLstm(config, weights, 'encoder');
  return { first: first.build(), recurrent, last: last.build() };
}

/**
 * `input int32 [frames, codebooks] → … → output float32 [frames · hop]`. A code equal to the codebook's size leaves that
 * codebook out.
 */
export function buildRecurrentDecoder(config: EncodecConfig, weights: WeightScope): RecurrentGraphs {
  const first = new GraphBuilder('EnCodec decoder before its LSTM');
  const codes = first.input('input', 'int32', [symbolicDim('frames'), config.codebookCount]);
  const latents = latentsOfCodes(first, codes, config, weights);
  const head = networkOf(first, config, weights).decoderHead(rowsToSignal(first, latents));
  first.output('features', signalToRows(first, head));

  const last = new GraphBuilder('EnCodec decoder after its LSTM');
  const audio = networkOf(last, config, weights).upsample(featuresInput(last, config));
  last.output('output', reshape(last, audio, [multiplyDim(symbolicDim('frames'), config.hopSamples)]));
  const recurrent = buildLstm(config, weights, 'decoder');
  return { first: first.build(), recurrent, last: last.build() };
}

function buildLstm(config: EncodecConfig, weights: WeightScope, side: 'encoder' | 'decoder'): BuiltGraph {
  const g = new GraphBuilder(`EnCodec ${side}'s LSTM`);
  const network = networkOf(g, config, weights);
  const rows = featureRows(g, config);
  g.output('remembered', side === 'encoder' ? network.encoderLstm(rows) : network.decoderLstm(rows));
  return g.build();
}

function networkOf(g: GraphBuilder, config: EncodecConfig, weights: WeightScope): Seanet {
  return seanet(g, wholeLayers(g, config), weights, config);
}

/** `features [frames, width]` as a signal. */
function featuresInput(g: GraphBuilder, config: EncodecConfig): GraphTensor {
  return rowsToSignal(g, featureRows(g, config));
}

function featureRows(g: GraphBuilder, config: EncodecConfig): GraphTensor {
  return g.input('features', 'float32', [symbolicDim('frames'), widestChannels(config)]);
}
