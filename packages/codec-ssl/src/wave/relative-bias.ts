import {
  add,
  type GraphBuilder,
  type GraphTensor,
  gatherRows,
  multiply,
  projection,
  reshape,
  sigmoid,
  slice,
  subtract,
  sumAxis,
  transpose,
  type WeightScope,
} from '@speech-tokens/onnx-graph';

export interface RelativeBiasConfig {
  readonly bucketCount: number;
  /** Distances from here on share the last bucket of their side. */
  readonly maximumDistance: number;
}

/**
 * WavLM's bias by distance, `[1, heads, frames, frames]`, from the first layer's table; each layer then gates it. `x [frames,
 * width]` says how many frames there are.
 * Source: Chen et al., "WavLM", 2022, section III-B; huggingface/transformers, `models/wavlm/modeling_wavlm.py`,
 * `WavLMAttention.compute_bias`.
 */
export function relativeBias(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  headCount: number,
  { bucketCount, maximumDistance }: RelativeBiasConfig,
): GraphTensor {
  const frames = x.shape[0]!;
  const table = weights.scope('rel_attn_embed').tensor(g, 'weight', [bucketCount, headCount]);
  const buckets = distanceBuckets(bucketCount, maximumDistance);
  const byDistance = transpose(g, gatherRows(g, table, g.constant(buckets, [buckets.length])), [1, 0]);

  const integer = (value: number): GraphTensor => g.constant(BigInt64Array.of(BigInt(value)), []);
  const positions = framePositions(g, x);
  const distances = subtract(g, reshape(g, positions, [1, frames]), reshape(g, positions, [frames, 1]));
  const clipped = g.node('Clip', [distances, integer(-maximumDistance), integer(maximumDistance)], distances);
  const at = add(g, clipped, integer(maximumDistance));
  const biases = g.node(
    'Gather',
    [byDistance, at],
    { elementType: 'float32', shape: [headCount, frames, frames] },
    { axis: 1 },
  );
  return g.node('Unsqueeze', [biases, g.int64s([0])], {
    elementType: 'float32',
    shape: [1, headCount, frames, frames],
  });
}

/** 0, 1, 2, … for each row of `x [frames, …]`: int64 `[frames]` */
function framePositions(g: GraphBuilder, x: GraphTensor): GraphTensor {
  const integer = (value: number): GraphTensor => g.constant(BigInt64Array.of(BigInt(value)), []);
  const count = reshape(g, g.node('Shape', [x], { elementType: 'int64', shape: [1] }, { start: 0, end: 1 }), []);
  return g.node('Range', [integer(0), count, integer(1)], { elementType: 'int64', shape: [x.shape[0]!] });
}

/**
 * The bias times a gate for each head and query: a · (b · c − 1) + 2, where a and b are sigmoids of sums of four
 * projections of the head's part of `x [frames, width]`, the input of the attention.
 * Source: as above, equation 5 to 8; `WavLMAttention.forward`.
 */
export function gatedBias(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  bias: GraphTensor,
  headCount: number,
): GraphTensor {
  const [frames, width] = x.shape as readonly [GraphTensor['shape'][number], number];
  const headWidth = width / headCount;
  const linear = weights.scope('gru_rel_pos_linear');
  // The sum of four projections is a projection by the sum of their weights.
  const weight = sumAxis(g, reshape(g, linear.tensor(g, 'weight', [8, headWidth]), [2, 4, headWidth]), 1);
  const offset = sumAxis(g, reshape(g, linear.tensor(g, 'bias', [8]), [2, 4]), 1);
  const rows = typeof frames === 'number' ? frames * headCount : { ...frames, times: frames.times * headCount };
  const heads = reshape(g, x, [rows, headWidth]);
  const gates = sigmoid(g, projection(g, weight, heads, { bias: offset }));
  const gate = (index: 0 | 1): GraphTensor => reshape(g, slice(g, gates, 1, index, index + 1), [frames, headCount]);
  const constant = reshape(g, weights.tensor(g, 'gru_rel_pos_const', [1, headCount, 1, 1]), [1, headCount]);
  const inner = subtract(g, multiply(g, gate(1), constant), g.scalar(1));
  const gain = add(g, multiply(g, gate(0), inner), g.scalar(2));
  return multiply(g, bias, reshape(g, transpose(g, gain, [1, 0]), [1, headCount, frames, 1]));
}

/**
 * The bucket of each distance from −maximum to maximum: half of the buckets for keys after the query; in each half, half
 * of them for single distances, and the others by the logarithm. Float32 throughout, as the authors' code rounds.
 */
export function distanceBuckets(bucketCount: number, maximumDistance: number): Int32Array {
  const { fround } = Math;
  const sideCount = bucketCount / 2;
  const exactCount = sideCount / 2;
  const logRange = fround(Math.log(maximumDistance / exactCount));
  return Int32Array.from({ length: 2 * maximumDistance + 1 }, (_, i) => {
    const distance = Math.abs(i - maximumDistance);
    const side = i > maximumDistance ? sideCount : 0;
    if (distance < exactCount) return side + distance;
    const share = fround(fround(Math.log(fround(distance / exactCount))) / logRange);
    const bucket = Math.trunc(fround(exactCount + fround(share * (sideCount - exactCount))));
    return side + Math.min(bucket, sideCount - 1);
  });
}
