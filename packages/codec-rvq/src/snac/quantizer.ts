import {
  add,
  argMaxLast,
  cast,
  divide,
  divideDim,
  type GraphBuilder,
  type GraphTensor,
  gatherRows,
  multiply,
  multiplyDim,
  projection,
  reshape,
  rowsToSignal,
  signalToRows,
  sqrt,
  subtract,
  sumAxis,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import { normedConv } from './parts.ts';
import type { SnacConfig } from './snac-config.ts';

/**
 * The codes of the first `count` codebooks: `latents [1, width, positions] → int32 [positions / stride]` each. What is
 * left by the codebooks before is averaged over the stride, projected, and coded by the entry of the nearest direction.
 * Source: hubertsiuzdak/snac, snac/vq.py.
 */
export function encodeLatents(
  g: GraphBuilder,
  config: SnacConfig,
  weights: WeightScope,
  latents: GraphTensor,
  count: number,
): readonly GraphTensor[] {
  let residual = latents;
  return Array.from({ length: count }, (_, k) =>
    g.scope(`codebook-${k}`, () => {
      const level = weights.scope('quantizers').scope(k);
      const stride = config.codebookStrides[k]!;
      const projected = normedConv(g, level.scope('in_proj'), averaged(g, residual, stride), {
        out: config.codebookWidth,
        kernel: 1,
      });
      const book = codebook(g, config, level);
      // The length of a vector changes none of its products' order: only the entries need a length of one.
      const ids = argMaxLast(g, projection(g, unitRows(g, book), signalToRows(g, projected)));
      const flat = reshape(g, ids, [ids.shape[0]!]);
      if (k < count - 1) residual = subtract(g, residual, repeated(g, vectors(g, config, level, flat), stride));
      return cast(g, flat, 'int32');
    }),
  );
}

/**
 * The sum of what the codes stand for: codes int32 `[positions / stride]` each `→ [1, width, positions]`. A code equal to
 * the codebook's size adds nothing.
 */
export function decodeLatents(
  g: GraphBuilder,
  config: SnacConfig,
  weights: WeightScope,
  codes: readonly GraphTensor[],
): GraphTensor {
  const parts = codes.map((ids, k) =>
    g.scope(`codebook-${k}`, () => {
      const stride = config.codebookStrides[k]!;
      const size = g.constant(Int32Array.of(config.codebookSize), []);
      const last = g.constant(Int32Array.of(config.codebookSize - 1), []);
      const known = g.node('Min', [ids, last], ids);
      const isThere = cast(g, g.node('Less', [ids, size], { elementType: 'bool', shape: ids.shape }), 'float32');
      const found = vectors(g, config, weights.scope('quantizers').scope(k), known);
      return repeated(g, multiply(g, found, reshape(g, isThere, [1, 1, ids.shape[0]!])), stride);
    }),
  );
  return parts.reduce((sum, part) => add(g, sum, part));
}

function codebook(g: GraphBuilder, config: SnacConfig, level: WeightScope): GraphTensor {
  return level.scope('codebook').tensor(g, 'weight', [config.codebookSize, config.codebookWidth]);
}

/** What codes stand for: `ids [frames] → [1, width, frames]`. */
function vectors(g: GraphBuilder, config: SnacConfig, level: WeightScope, ids: GraphTensor): GraphTensor {
  const entries = rowsToSignal(g, gatherRows(g, codebook(g, config, level), ids));
  return normedConv(g, level.scope('out_proj'), entries, { out: config.latentWidth, kernel: 1 });
}

/** Means of `stride` neighbours: `[1, width, positions] → [1, width, positions / stride]`. */
function averaged(g: GraphBuilder, x: GraphTensor, stride: number): GraphTensor {
  if (stride === 1) return x;
  const [, width, positions] = x.shape;
  const frames = divideDim(positions!, stride);
  if (frames === undefined) throw g.error('average', 'a length of other than whole frames', `a multiple of ${stride}`);
  const sums = sumAxis(g, reshape(g, x, [1, width!, frames, stride]), 3);
  return multiply(g, sums, g.scalar(1 / stride));
}

/** Each value `stride` times: `[1, width, frames] → [1, width, frames · stride]`. */
function repeated(g: GraphBuilder, x: GraphTensor, stride: number): GraphTensor {
  if (stride === 1) return x;
  const [, width, frames] = x.shape;
  const apart = reshape(g, x, [1, width!, frames!, 1]);
  const spread = g.node('Expand', [apart, g.int64s([1, 1, 1, stride])], {
    elementType: x.elementType,
    shape: [1, width!, frames!, stride],
  });
  return reshape(g, spread, [1, width!, multiplyDim(frames!, stride)]);
}

/** Rows of length one; 1e-12 as torch's `normalize` has it, for a row of zeros. */
function unitRows(g: GraphBuilder, rows: GraphTensor): GraphTensor {
  const squares = reshape(g, sumAxis(g, multiply(g, rows, rows), 1), [rows.shape[0]!, 1]);
  const lengths = sqrt(g, squares);
  return divide(g, rows, g.node('Max', [lengths, g.scalar(1e-12)], lengths));
}
