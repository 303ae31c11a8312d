import {
  add,
  cachedAttention,
  dense,
  type GraphBuilder,
  type GraphTensor,
  reshape,
  rmsNorm,
  rotaryTable,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import type { DecoderConfig } from './decoder-config.ts';
import { cachePlace } from './decoder-memory.ts';
import { gated, jointlyGated } from './gate.ts';
import { decoderFrequencies } from './rotary-frequencies.ts';

/**
 * The layers and the last norm of a decoder: `x [rows, width] → [rows, width]`.
 * @param capacityPositions that the caches have room for
 * Weights `layers.N.…` and `norm`, named as in huggingface/transformers, models/llama/modeling_llama.py, and those after it.
 */
export function decoderLayers(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  config: DecoderConfig,
  capacityPositions: number,
): GraphTensor {
  const rotary = rotaryTable(g, capacityPositions, decoderFrequencies(config.rotary), config.rotary);
  const attention = {
    headCount: config.headCount,
    keyValueHeadCount: config.keyValueHeadCount,
    capacityPositions,
    ...(config.windowPositions === undefined ? {} : { windowPositions: config.windowPositions }),
    rotary,
    place: cachePlace(g),
  };
  let y = x;
  for (let i = 0; i < config.layerCount; i++) {
    g.scope(`layers.${i}`, () => {
      const layer = weights.scope('layers').scope(i);
      const norm = (name: string, z: GraphTensor): GraphTensor => rmsNorm(g, layer.scope(name), z, config.normEpsilon);
      const self = layer.scope('self_attn');
      const normed = norm('input_layernorm', y);
      const heads = queriesKeysValues(g, self, normed, config);
      const seen = dense(g, self.scope('o_proj'), cachedAttention(g, heads, attention), config.width, {
        hasBias: config.biases.output,
      });
      y = add(g, y, config.hasOutputNorms ? norm('post_self_attn_layernorm', seen) : seen);
      const changed = feedForward(g, layer.scope('mlp'), norm('post_attention_layernorm', y), config);
      y = add(g, y, config.hasOutputNorms ? norm('post_mlp_layernorm', changed) : changed);
    });
  }
  return rmsNorm(g, weights.scope('norm'), y, config.normEpsilon);
}

function queriesKeysValues(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  { headCount, keyValueHeadCount, headWidth, biases, hasQueryKeyNorms, normEpsilon }: DecoderConfig,
): { readonly queries: GraphTensor; readonly keys: GraphTensor; readonly values: GraphTensor } {
  const projected = (name: string, heads: number): GraphTensor =>
    dense(g, weights.scope(name), x, heads * headWidth, { hasBias: biases.queryKeyValue });
  const normed = (name: string, y: GraphTensor, heads: number): GraphTensor => {
    if (!hasQueryKeyNorms) return y;
    const apart = reshape(g, y, [y.shape[0]!, heads, headWidth]);
    return reshape(g, rmsNorm(g, weights.scope(name), apart, normEpsilon), y.shape);
  };
  return {
    queries: normed('q_norm', projected('q_proj', headCount), headCount),
    keys: normed('k_norm', projected('k_proj', keyValueHeadCount), keyValueHeadCount),
    values: projected('v_proj', keyValueHeadCount),
  };
}

function feedForward(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  { width, feedForwardWidth, biases, hasJointGate }: DecoderConfig,
): GraphTensor {
  const inner = (name: string, size: number): GraphTensor =>
    dense(g, weights.scope(name), x, size, { hasBias: biases.feedForward });
  const mixed = hasJointGate
    ? jointlyGated(g, inner('gate_up_proj', 2 * feedForwardWidth), feedForwardWidth)
    : gated(g, inner('gate_proj', feedForwardWidth), inner('up_proj', feedForwardWidth));
  return dense(g, weights.scope('down_proj'), mixed, width, { hasBias: biases.feedForward });
}
