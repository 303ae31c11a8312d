import {
  add,
  affineNorm,
  conv1d,
  fullAttention,
  type GraphBuilder,
  type GraphTensor,
  multiply,
  projection,
  reshape,
  rowsToSignal,
  sigmoid,
  signalToRows,
  slice,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import { dense } from '../wave/transformer-layer.ts';
import { relativeKeyBias } from './relative-key-bias.ts';
import type { W2vBertConfig } from './w2v-bert-config.ts';

/**
 * A conformer block, `x [frames, width] → [frames, width]`: half a feed-forward part, attention, a convolution that sees no
 * frames to come, the other half of a feed-forward part, and a norm.
 * Source: Gulati et al., "Conformer", 2020; huggingface/transformers, `models/wav2vec2_bert/modeling_wav2vec2_bert.py`,
 * `Wav2Vec2BertEncoderLayer`.
 */
export function conformerLayer(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  config: W2vBertConfig,
): GraphTensor {
  const norm = (name: string, input: GraphTensor): GraphTensor =>
    affineNorm(g, weights.scope(name), input, config.normEpsilon);
  const half = g.scalar(0.5);
  const started = add(
    g,
    x,
    multiply(g, feedForward(g, weights.scope('ffn1'), norm('ffn1_layer_norm', x), config), half),
  );
  const input = norm('self_attn_layer_norm', started);
  const attended = add(g, started, attention(g, weights.scope('self_attn'), input, config));
  const convolved = add(g, attended, convolution(g, weights.scope('conv_module'), attended, config));
  const last = feedForward(g, weights.scope('ffn2'), norm('ffn2_layer_norm', convolved), config);
  return norm('final_layer_norm', add(g, convolved, multiply(g, last, half)));
}

function feedForward(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  { width, feedForwardWidth }: W2vBertConfig,
): GraphTensor {
  const inner = swish(g, dense(g, weights.scope('intermediate_dense'), x, feedForwardWidth));
  return dense(g, weights.scope('output_dense'), inner, width);
}

function attention(g: GraphBuilder, weights: WeightScope, x: GraphTensor, config: W2vBertConfig): GraphTensor {
  const { width, headCount } = config;
  const part = (name: string): GraphTensor => dense(g, weights.scope(name), x, width);
  const queries = part('linear_q');
  const bias = relativeKeyBias(g, weights, queries, config);
  const mixed = fullAttention(g, { queries, keys: part('linear_k'), values: part('linear_v') }, { headCount, bias });
  return dense(g, weights.scope('linear_out'), mixed, width);
}

/** A gated projection, a convolution of each channel by itself over the frames before, a norm, and a projection. */
function convolution(g: GraphBuilder, weights: WeightScope, x: GraphTensor, config: W2vBertConfig): GraphTensor {
  const { width, depthwiseKernelSize, normEpsilon } = config;
  const pointwise = (name: string, input: GraphTensor, outputWidth: number): GraphTensor => {
    const weight = weights.scope(name).tensor(g, 'weight', [outputWidth, width, 1]);
    return projection(g, reshape(g, weight, [outputWidth, width]), input);
  };
  const doubled = pointwise('pointwise_conv1', affineNorm(g, weights.scope('layer_norm'), x, normEpsilon), 2 * width);
  const gated = multiply(g, slice(g, doubled, 1, 0, width), sigmoid(g, slice(g, doubled, 1, width, 2 * width)));
  const weight = weights.scope('depthwise_conv').tensor(g, 'weight', [width, 1, depthwiseKernelSize]);
  const convolved = conv1d(g, { weight }, rowsToSignal(g, gated), {
    groups: width,
    padding: [depthwiseKernelSize - 1, 0],
  });
  const normed = affineNorm(g, weights.scope('depthwise_layer_norm'), signalToRows(g, convolved), normEpsilon);
  return pointwise('pointwise_conv2', swish(g, normed), width);
}

/** x · sigmoid(x) */
function swish(g: GraphBuilder, x: GraphTensor): GraphTensor {
  return multiply(g, x, sigmoid(g, x));
}
