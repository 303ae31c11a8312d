import { symbolicDim } from '../../graph/dim.ts';
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../../graph/graph-types.ts';
import { subtract } from '../../ops/elementwise.ts';
import { cast } from '../../ops/matrix.ts';
import { reshape } from '../../ops/shape.ts';
import type { RotaryTable } from './rotary.ts';

export interface CachedAttentionOptions {
  readonly headCount: number;
  /** Heads of keys and values; each serves `headCount / keyValueHeadCount` heads of queries. */
  readonly keyValueHeadCount: number;
  /** Positions that the cache has room for. */
  readonly capacityPositions: number;
  /** Positions that one sees, its own included; all before it where absent. */
  readonly windowPositions?: number;
  /** Queries and keys are not turned where absent. */
  readonly rotary?: RotaryTable;
  readonly place: CachePlace;
}

/** Where the rows of a run stand. */
export interface CachePlace {
  /** The number of the run's last position, from 0: int32 `[1]`. */
  readonly lastPosition: GraphTensor;
  /** Positions with those of the run, one more: int32 `[1]`. */
  readonly positionCount: GraphTensor;
}

/**
 * Causal self-attention with a cache of keys and values: queries `[rows, heads · width]`, keys
 * and values `[rows, keyValueHeads · width]` → `[rows, heads · width]`. The rows come after those that `place` counts
 * before them; what the cache holds beyond is not looked at, so going back is a matter of the count alone.
 * The caches are as long as `GraphState.reserve` made them, which must be enough for the run. One operator of the runtime. Source: Ainslie et al., "GQA", 2023; microsoft/onnxruntime, docs/ContribOperators.md,
 * `com.microsoft.GroupQueryAttention`.
 */
export function cachedAttention(
  g: GraphBuilder,
  {
    queries,
    keys,
    values,
  }: { readonly queries: GraphTensor; readonly keys: GraphTensor; readonly values: GraphTensor },
  options: CachedAttentionOptions,
): GraphTensor {
  const { headCount, keyValueHeadCount, capacityPositions, windowPositions, rotary, place } = options;
  const [rows, all] = queries.shape as readonly [GraphTensor['shape'][number], number];
  const headWidth = all / headCount;
  const shared = headWidth * keyValueHeadCount;
  if (!Number.isInteger(headWidth) || keys.shape[1] !== shared || values.shape[1] !== shared) {
    throw g.error(
      'attention',
      `${describe(queries)}, ${describe(keys)}`,
      `${headCount} and ${keyValueHeadCount} heads`,
    );
  }
  const mostShape = [1, keyValueHeadCount, capacityPositions, headWidth];
  const cache = { axis: 2, dim: symbolicDim('cached') };
  const pastKeys = g.memory('keys', mostShape, cache);
  const pastValues = g.memory('values', mostShape, cache);
  const batched = (x: GraphTensor): GraphTensor => reshape(g, x, [1, rows, x.shape[1]!]);
  const [mixed, nextKeys, nextValues] = g.nodeWithOutputs(
    'GroupQueryAttention',
    [
      ...[queries, keys, values].map(batched),
      pastKeys.value,
      pastValues.value,
      place.lastPosition,
      place.positionCount,
      ...(rotary === undefined ? [] : [rotary.cosines, rotary.sines]),
    ],
    [{ elementType: 'float32', shape: [1, rows, all] }, pastKeys.value, pastValues.value],
    {
      num_heads: headCount,
      kv_num_heads: keyValueHeadCount,
      do_rotary: rotary === undefined ? 0 : 1,
      rotary_interleaved: rotary?.isInterleaved ? 1 : 0,
      ...(windowPositions === undefined ? {} : { local_window_size: windowPositions }),
    },
    'com.microsoft',
  );
  const newRows = rowsOfRun(g, queries, place);
  pastKeys.append(newRows(nextKeys!), place.lastPosition);
  pastValues.append(newRows(nextValues!), place.lastPosition);
  return reshape(g, mixed!, [rows, all]);
}

/** Cuts the rows of a run, which have as many positions as `x` has rows, out of caches `[1, heads, cached, width]`. */
function rowsOfRun(
  g: GraphBuilder,
  x: GraphTensor,
  { positionCount }: CachePlace,
): (cache: GraphTensor) => GraphTensor {
  const count = g.node('Shape', [x], { elementType: 'int64', shape: [1] }, { start: 0, end: 1 });
  const end = cast(g, positionCount, 'int64');
  const start = subtract(g, end, count);
  return (cache) =>
    g.node('Slice', [cache, start, end, g.int64s([2])], {
      elementType: 'float32',
      shape: cache.shape.map((dim, axis) => (axis === 2 ? x.shape[0]! : dim)),
    });
}
