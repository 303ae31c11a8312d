import type { GraphBuilder } from '../graph/graph-builder.ts';
import type { GraphTensor } from '../graph/graph-types.ts';
import { add, multiply, subtract } from '../ops/elementwise.ts';
import { argMaxLast, gatherRows, sumAxis } from '../ops/lookup.ts';
import { concat, reshape, slice } from '../ops/shape.ts';
import { projection } from './projection.ts';

/**
 * Terms of one sum of the search. The distances to the two nearest codes differ by much less than either, so the rounding
 * errors of a long sum would decide more ties than those of the latents do: 2e-5 of a distance of 100 where 256 terms
 * are one sum, 1e-5 with 128, 6e-6 with 64 (PyTorch: 1.3e-5).
 */
const longestSum = 64;

/**
 * Residual vector quantization by nearest Euclidean neighbour: `latents [frames, width]`, one codebook `[size, width]`
 * for each step `→ ids int64 [frames, codebooks]`. Each search is one matrix product with its codebook as it lies:
 * argmin ‖x − c‖² = argmax (2 x·c − ‖c‖²). Source: Zeghidour et al., "SoundStream", algorithm 1.
 */
export function nearestCodes(g: GraphBuilder, latents: GraphTensor, codebooks: readonly GraphTensor[]): GraphTensor {
  let residual = latents;
  const codes: GraphTensor[] = [];
  for (const [k, codebook] of codebooks.entries()) {
    g.scope(`codebook-${k}`, () => {
      const norms = sumAxis(g, multiply(g, codebook, codebook), 1);
      const bias = subtract(g, g.scalar(0), norms);
      const nearness = projection(g, codebook, residual, { scale: 2, bias, longestSum });
      const ids = argMaxLast(g, nearness);
      codes.push(ids);
      if (k + 1 === codebooks.length) return;
      residual = subtract(g, residual, gatherRows(g, codebook, reshape(g, ids, [ids.shape[0]!])));
    });
  }
  return concat(g, codes, 1);
}

/**
 * The sum of the chosen vectors: codes int32 `[frames, codebooks] → [frames, width]`. The id one past the last stands for
 * a codebook that is left out: it adds nothing.
 */
export function sumOfCodes(g: GraphBuilder, codes: GraphTensor, codebooks: readonly GraphTensor[]): GraphTensor {
  let sum: GraphTensor | undefined;
  for (const [k, codebook] of codebooks.entries()) {
    g.scope(`codebook-${k}`, () => {
      const width = codebook.shape[1] as number;
      const nothing = g.constant(new Float32Array(width), [1, width]);
      const ids = reshape(g, slice(g, codes, 1, k, k + 1), [codes.shape[0]!]);
      const vectors = gatherRows(g, concat(g, [codebook, nothing], 0), ids);
      sum = sum === undefined ? vectors : add(g, sum, vectors);
    });
  }
  return sum!;
}
