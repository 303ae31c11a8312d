import {
  add,
  affineNorm,
  fullAttention,
  type GraphBuilder,
  type GraphTensor,
  gelu,
  projection,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import { gatedBias } from './relative-bias.ts';
import type { LayersConfig } from './wave-config.ts';

/**
 * One layer, `x [frames, width] → [frames, width]`: attention over all frames and a feed-forward part, each added to its
 * input, with norms before (large models) or after.
 * @param bias WavLM's bias by distance, which the layer gates
 * Source: huggingface/transformers, `models/hubert/modeling_hubert.py`, `HubertEncoderLayer` and
 * `HubertEncoderLayerStableLayerNorm`.
 */
export function transformerLayer(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  config: LayersConfig,
  bias: GraphTensor | undefined,
): GraphTensor {
  const norm = (name: string, input: GraphTensor): GraphTensor =>
    affineNorm(g, weights.scope(name), input, config.normEpsilon);
  if (config.normsFirst) {
    const attended = add(g, x, attention(g, weights.scope('attention'), norm('layer_norm', x), config, bias));
    return add(g, attended, feedForward(g, weights.scope('feed_forward'), norm('final_layer_norm', attended), config));
  }
  const attended = norm('layer_norm', add(g, x, attention(g, weights.scope('attention'), x, config, bias)));
  return norm('final_layer_norm', add(g, attended, feedForward(g, weights.scope('feed_forward'), attended, config)));
}

function attention(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  { headCount, width }: LayersConfig,
  bias: GraphTensor | undefined,
): GraphTensor {
  const part = (name: string): GraphTensor => dense(g, weights.scope(name), x, width);
  const mixed = fullAttention(
    g,
    { queries: part('q_proj'), keys: part('k_proj'), values: part('v_proj') },
    bias === undefined ? { headCount } : { headCount, bias: gatedBias(g, weights, x, bias, headCount) },
  );
  return dense(g, weights.scope('out_proj'), mixed, width);
}

function feedForward(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  { width, feedForwardWidth }: LayersConfig,
): GraphTensor {
  const inner = gelu(g, dense(g, weights.scope('intermediate_dense'), x, feedForwardWidth));
  return dense(g, weights.scope('output_dense'), inner, width);
}

/** torch.nn.Linear */
export function dense(g: GraphBuilder, weights: WeightScope, x: GraphTensor, outputWidth: number): GraphTensor {
  const weight = weights.tensor(g, 'weight', [outputWidth, x.shape[1] as number]);
  return projection(g, weight, x, { bias: weights.tensor(g, 'bias', [outputWidth]) });
}
