import {
  add,
  dense,
  type GraphBuilder,
  type GraphTensor,
  projection,
  reshape,
  rmsNormBy,
  slice,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import { jointlyGated } from '../../backbone/gate.ts';
import { type MoshiTransformer, moshiNormEpsilon } from './moshi-config.ts';

/** Which of several sets of weights: one for each codebook of the depth transformer. */
export interface WeightStep {
  readonly index: number;
  readonly count: number;
}

interface Heads {
  readonly queries: GraphTensor;
  readonly keys: GraphTensor;
  readonly values: GraphTensor;
}

/**
 * Moshi's transformer layers, `x [rows, width] → [rows, width]`: RMS norms before, one matrix for queries, keys and
 * values, gated feed-forward parts, no biases.
 * Source: kyutai-labs/moshi, moshi/moshi/modules/transformer.py and gating.py.
 * @param attend mixes `[rows, width]` of queries, keys and values
 */
export function moshiLayers(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  { width, layerCount, feedForwardWidth }: MoshiTransformer,
  attend: (heads: Heads) => GraphTensor,
  step?: WeightStep,
): GraphTensor {
  let y = x;
  for (let i = 0; i < layerCount; i++) {
    g.scope(`layers.${i}`, () => {
      const layer = weights.scope('layers').scope(i);
      const attention = layer.scope('self_attn');
      const joint = ofStep(g, attention, 'in_proj', [3 * width, width], moshiNorm(g, layer.scope('norm1'), y), step);
      const part = (at: number): GraphTensor => slice(g, joint, 1, at * width, (at + 1) * width);
      const mixed = attend({ queries: part(0), keys: part(1), values: part(2) });
      y = add(g, y, ofStep(g, attention, 'out_proj', [width, width], mixed, step));
      const gating = step === undefined ? layer.scope('gating') : layer.scope('gating').scope(step.index);
      y = add(g, y, feedForward(g, gating, moshiNorm(g, layer.scope('norm2'), y), width, feedForwardWidth));
    });
  }
  return y;
}

export function moshiNorm(g: GraphBuilder, weights: WeightScope, x: GraphTensor): GraphTensor {
  const width = x.shape[1] as number;
  return rmsNormBy(g, reshape(g, weights.tensor(g, 'alpha', [1, 1, width]), [width]), x, moshiNormEpsilon);
}

/** The matrix of a step: part of one for all of them, as in the published files, or one of its own. */
function ofStep(
  g: GraphBuilder,
  weights: WeightScope,
  name: 'in_proj' | 'out_proj',
  [out, width]: readonly [number, number],
  x: GraphTensor,
  { index, count }: WeightStep = { index: 0, count: 1 },
): GraphTensor {
  const own = `${name}s.${index}.weight`;
  if (weights.has(own)) return dense(g, weights, x, out, { name: own });
  const all = weights.has(`${name}_weight`) ? `${name}_weight` : `${name}.weight`;
  if (count === 1) return dense(g, weights, x, out, { name: all });
  return projection(g, weights.tensor(g, all, [count * out, width], { rows: [index * out, (index + 1) * out] }), x);
}

function feedForward(g: GraphBuilder, weights: WeightScope, x: GraphTensor, width: number, inner: number): GraphTensor {
  const mixed = jointlyGated(g, dense(g, weights, x, 2 * inner, { name: 'linear_in.weight' }), inner);
  return dense(g, weights, mixed, width, { name: 'linear_out.weight' });
}
