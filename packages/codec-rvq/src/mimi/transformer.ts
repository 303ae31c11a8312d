import {
  add,
  affineNorm,
  type GraphBuilder,
  type GraphTensor,
  gelu,
  multiply,
  projection,
  reshape,
  ringAttention,
  ringWindow,
  rotaryFrequencies,
  rotaryTable,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import type { ChainLink } from '../staged/graph-chain.ts';
import { positionsPerFrame, type TransformerConfig } from './mimi-config.ts';

/** Layers of one graph: as much work as the other graphs of a side have. */
const layersPerLink = 4;

/**
 * A causal transformer over a window of positions, `x [rows, width] → [rows, width]`: norms before, layer scale, rotary
 * embedding, no biases but those of the norms. A position sees itself and the `windowPositions − 1` before it.
 * Sources: kyutai-labs/moshi, moshi/moshi/modules/transformer.py (`context`); huggingface/transformers,
 * models/mimi/modeling_mimi.py (names of the weights, `sliding_window`).
 * @param weights of the whole model
 * @param framesPerRun the most frames that a run may have
 */
export function transformerLinks(
  side: 'encoder' | 'decoder',
  weights: WeightScope,
  config: TransformerConfig,
  framesPerRun: number,
): readonly ChainLink[] {
  const name = `${side}_transformer`;
  const layers = weights.scope(name).scope('layers');
  const all = Array.from({ length: config.layerCount }, (_, i) => i);
  const groups = Array.from({ length: Math.ceil(all.length / layersPerLink) }, (_, i) =>
    all.slice(i * layersPerLink, (i + 1) * layersPerLink),
  );
  return groups.map((group) => ({
    output: `mixed.${group.at(-1)}`,
    framesPerRun,
    apply: (g, x) => g.scope(`${name}.${group[0]}`, () => transformerLayers(g, layers, x, group, config, framesPerRun)),
  }));
}

function transformerLayers(
  g: GraphBuilder,
  layers: WeightScope,
  x: GraphTensor,
  indices: readonly number[],
  { headCount, headWidth, windowPositions, rotaryTheta, normEpsilon, feedForwardWidth }: TransformerConfig,
  framesPerRun: number,
): GraphTensor {
  const window = ringWindow(g, x, { headCount, windowPositions, maxRowsPerRun: framesPerRun * positionsPerFrame });
  const rotary = rotaryTable(g, 2 * window.slotCount, rotaryFrequencies({ headWidth, theta: rotaryTheta }));
  let y = x;
  for (const i of indices) {
    g.scope(`layers.${i}`, () => {
      const layer = layers.scope(i);
      const attention = layer.scope('self_attn');
      const normed = affineNorm(g, layer.scope('input_layernorm'), y, normEpsilon);
      const projected = (name: string): GraphTensor =>
        projection(g, attention.scope(name).tensor(g, 'weight', [headCount * headWidth, y.shape[1] as number]), normed);
      const heads = { queries: projected('q_proj'), keys: projected('k_proj'), values: projected('v_proj') };
      const seen = ringAttention(g, heads, { headCount, headWidth, window, rotary });
      y = add(g, y, scaled(g, attention.scope('o_proj'), layer.scope('self_attn_layer_scale'), seen, y));
      const mixed = affineNorm(g, layer.scope('post_attention_layernorm'), y, normEpsilon);
      y = add(g, y, feedForward(g, layer, mixed, feedForwardWidth));
    });
  }
  return y;
}

function feedForward(g: GraphBuilder, layer: WeightScope, x: GraphTensor, innerWidth: number): GraphTensor {
  const mlp = layer.scope('mlp');
  const inner = projection(g, mlp.scope('fc1').tensor(g, 'weight', [innerWidth, x.shape[1] as number]), x);
  return scaled(g, mlp.scope('fc2'), layer.scope('mlp_layer_scale'), gelu(g, inner), x);
}

/** A projection to the width of `like`, each output multiplied by its own scale: once, in the weights. */
function scaled(
  g: GraphBuilder,
  weights: WeightScope,
  layerScale: WeightScope,
  x: GraphTensor,
  like: GraphTensor,
): GraphTensor {
  const width = like.shape[1] as number;
  const weight = weights.tensor(g, 'weight', [width, x.shape[1] as number]);
  return projection(g, multiply(g, weight, reshape(g, layerScale.tensor(g, 'scale', [width]), [width, 1])), x);
}
