import {
  add,
  affineNorm,
  type Checkpoint,
  conv1d,
  type Dim,
  fullAttention,
  type GraphBuilder,
  type GraphTensor,
  gelu,
  multiplyDim,
  projection,
  reshape,
  rowsToSignal,
  signalToRows,
  type WeightScope,
  weightsOf,
} from '@speech-tokens/onnx-graph';
import type { FeatureNetwork } from '../network/feature-network.ts';
import { dense } from '../wave/transformer-layer.ts';
import type { WhisperConfig } from './whisper-config.ts';
import { openWhisperRows } from './whisper-rows.ts';

const normEpsilon = 1e-5;

/**
 * The encoder of Whisper: two convolutions over log-mel frames, learnt positions, and a transformer.
 * @param padToChunk see `NetworkOptions.padToChunk`
 * Source: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022; huggingface/transformers,
 * `models/whisper/modeling_whisper.py`, `WhisperEncoder`.
 */
export function whisperNetwork(config: WhisperConfig, checkpoint: Checkpoint, padToChunk: boolean): FeatureNetwork {
  const weights = encoderWeights(checkpoint);
  const { width, layerCount, positionCount } = config;
  const minimumFrames = padToChunk ? positionCount : 1;
  return {
    name: 'Whisper',
    clock: { sampleRateHz: config.sampleRateHz, hopSamples: 2 * config.hopSamples },
    width,
    rowWidth: 2 * config.bandCount,
    layerCount,
    maximumFrames: positionCount,
    minimumFrames,
    openRows: (openGraph) => openWhisperRows(config, minimumFrames, openGraph),
    buildLayers(g, rows, layer) {
      let x = add(g, convolutions(g, weights, rows, config), positions(g, weights, rows, config));
      for (let i = 0; i < layer; i++) {
        x = g.scope(`layer-${i + 1}`, () => whisperLayer(g, weights.scope('layers').scope(i), x, config));
      }
      // The last hidden states are those after the norm that ends the encoder.
      return layer === layerCount ? affineNorm(g, weights.scope('layer_norm'), x, normEpsilon) : x;
    },
  };
}

/** Two log-mel frames a row, `[frames, 2 · bands] → [frames, width]`: the second convolution halves the rate again. */
function convolutions(
  g: GraphBuilder,
  weights: WeightScope,
  rows: GraphTensor,
  { bandCount, width }: WhisperConfig,
): GraphTensor {
  const frames = rows.shape[0] as Dim;
  const convolved = (name: string, x: GraphTensor, inChannels: number, stride: number): GraphTensor => {
    const scope = weights.scope(name);
    const weight = scope.tensor(g, 'weight', [width, inChannels, 3]);
    return gelu(g, conv1d(g, { weight, bias: scope.tensor(g, 'bias', [width]) }, x, { stride, padding: [1, 1] }));
  };
  const mel = rowsToSignal(g, reshape(g, rows, [multiplyDim(frames, 2), bandCount]));
  return signalToRows(g, convolved('conv2', convolved('conv1', mel, bandCount, 1), width, 2));
}

/** The first positions, one for each row: `[frames, width]` */
function positions(
  g: GraphBuilder,
  weights: WeightScope,
  rows: GraphTensor,
  { width, positionCount }: WhisperConfig,
): GraphTensor {
  const table = weights.scope('embed_positions').tensor(g, 'weight', [positionCount, width]);
  const count = g.node('Shape', [rows], { elementType: 'int64', shape: [1] }, { start: 0, end: 1 });
  return g.node('Slice', [table, g.int64s([0]), count, g.int64s([0])], {
    elementType: 'float32',
    shape: [rows.shape[0]!, width],
  });
}

function whisperLayer(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  { width, headCount, feedForwardWidth }: WhisperConfig,
): GraphTensor {
  const attention = weights.scope('self_attn');
  const input = affineNorm(g, weights.scope('self_attn_layer_norm'), x, normEpsilon);
  // Keys have no bias.
  const keys = projection(g, attention.scope('k_proj').tensor(g, 'weight', [width, width]), input);
  const queries = dense(g, attention.scope('q_proj'), input, width);
  const values = dense(g, attention.scope('v_proj'), input, width);
  const mixed = fullAttention(g, { queries, keys, values }, { headCount });
  const attended = add(g, x, dense(g, attention.scope('out_proj'), mixed, width));
  const normed = affineNorm(g, weights.scope('final_layer_norm'), attended, normEpsilon);
  const inner = gelu(g, dense(g, weights.scope('fc1'), normed, feedForwardWidth));
  return add(g, attended, dense(g, weights.scope('fc2'), inner, width));
}

/** Checkpoints of the whole model, of its bare form, and of the encoder alone. */
function encoderWeights(checkpoint: Checkpoint): WeightScope {
  const weights = weightsOf(checkpoint);
  const scopes = [weights.scope('model').scope('encoder'), weights.scope('encoder'), weights];
  return scopes.find((scope) => scope.has('conv1.weight')) ?? scopes[0]!;
}
