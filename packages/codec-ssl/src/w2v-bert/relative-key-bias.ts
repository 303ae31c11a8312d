import { type GraphBuilder, type GraphTensor, reshape, transpose, type WeightScope } from '@speech-tokens/onnx-graph';
import type { W2vBertConfig } from './w2v-bert-config.ts';

/**
 * What a query gets from where a key lies relative to it: the product of the query and a vector for the distance, scaled as
 * the scores are, `queries [frames, width] → [1, heads, frames, frames]`.
 * Source: Shaw et al., "Self-Attention with Relative Position Representations", 2018; huggingface/transformers,
 * `models/wav2vec2_bert/modeling_wav2vec2_bert.py`, `_apply_relative_key_position_encoding`.
 */
export function relativeKeyBias(
  g: GraphBuilder,
  weights: WeightScope,
  queries: GraphTensor,
  { width, headCount, positionsBefore, positionsAfter }: W2vBertConfig,
): GraphTensor {
  const frames = queries.shape[0]!;
  const headWidth = width / headCount;
  const distanceCount = positionsBefore + positionsAfter + 1;
  const table = weights.scope('distance_embedding').tensor(g, 'weight', [distanceCount, headWidth]);
  const heads = transpose(g, reshape(g, queries, [frames, headCount, headWidth]), [1, 0, 2]);
  // A query's products with the vectors of all distances that have one.
  const byDistance = g.node(
    'FusedMatMul',
    [heads, table],
    {
      elementType: 'float32',
      shape: [headCount, frames, distanceCount],
    },
    { transB: 1, alpha: { float: 1 / Math.sqrt(headWidth) } },
    'com.microsoft',
  );
  const count = g.node('Shape', [queries], { elementType: 'int64', shape: [1] }, { start: 0, end: 1 });
  const spread = toAllDistances(g, byDistance, count, positionsBefore, positionsAfter);
  return skewed(g, spread, count, headCount, frames);
}

/**
 * `[heads, n, before + 1 + after] → [heads, n, 2n]`: distances from −(n − 1) to n. Those further away than the table goes
 * are as its ends; of few frames, the table has more than there are.
 */
function toAllDistances(
  g: GraphBuilder,
  x: GraphTensor,
  count: GraphTensor,
  before: number,
  after: number,
): GraphTensor {
  const none = g.int64s([0, 0]);
  const sides = [
    integers(g, 'Sub', [count, g.int64s([before + 1])]),
    integers(g, 'Sub', [count, g.int64s([after])]),
  ] as const;
  const pads = g.node('Concat', [none, sides[0], none, sides[1]], { elementType: 'int64', shape: [6] }, { axis: 0 });
  const [heads, frames] = x.shape as readonly [GraphTensor['shape'][number], GraphTensor['shape'][number]];
  const all = { symbol: `${g.path()}/distances`, times: 1, plus: 0 };
  return g.node('Pad', [x, pads], { elementType: 'float32', shape: [heads, frames, all] }, { mode: 'edge' });
}

/**
 * `[heads, n, 2n] → [1, heads, n, n]`: row i from its place n − 1 − i on. In one run of numbers, that of row i and key j is
 * number i · (2n − 1) + j + n − 1: so the first n − 1 are dropped, and rows are one shorter.
 */
function skewed(
  g: GraphBuilder,
  x: GraphTensor,
  count: GraphTensor,
  headCount: number,
  frames: GraphTensor['shape'][number],
): GraphTensor {
  const some = (name: string): GraphTensor['shape'][number] => ({ symbol: `${g.path()}/${name}`, times: 1, plus: 0 });
  const one = g.int64s([1]);
  const start = integers(g, 'Sub', [count, one]);
  const rowLength = integers(g, 'Add', [start, count]);
  const end = integers(g, 'Add', [start, integers(g, 'Mul', [count, rowLength])]);
  const flat = g.node('Reshape', [x, g.int64s([headCount, -1])], {
    elementType: 'float32',
    shape: [headCount, some('flat')],
  });
  const kept = g.node('Slice', [flat, start, end, one], { elementType: 'float32', shape: [headCount, some('kept')] });
  const target = g.node(
    'Concat',
    [g.int64s([1, headCount]), count, rowLength],
    { elementType: 'int64', shape: [4] },
    { axis: 0 },
  );
  const rows = g.node('Reshape', [kept, target], {
    elementType: 'float32',
    shape: [1, headCount, frames, some('row')],
  });
  return g.node('Slice', [rows, g.int64s([0]), count, g.int64s([3])], {
    elementType: 'float32',
    shape: [1, headCount, frames, frames],
  });
}

/** Arithmetic on whole numbers, `[1]` each. */
function integers(g: GraphBuilder, operator: string, inputs: readonly GraphTensor[]): GraphTensor {
  return g.node(operator, inputs, { elementType: 'int64', shape: [1] });
}
