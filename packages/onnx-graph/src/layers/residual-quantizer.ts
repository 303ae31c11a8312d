import type { GraphBuilder } from '../graph/graph-builder.ts';
import type { GraphTensor } from '../graph/graph-types.ts';
import { add, multiply, subtract } from '../ops/elementwise.ts';
import { argMaxLast, gatherRows, selectFirst, sumAxis } from '../ops/lookup.ts';
import { cast, matMul, transpose } from '../ops/matrix.ts';
import { concat, reshape, slice } from '../ops/shape.ts';

/**
 * Residual vector quantization by nearest Euclidean neighbour: `latents [frames, width]`, codebooks
 * `[all, size, width] → codes int32 [frames, count]` of the first `count` of them. Each search is one matrix product:
 * argmin ‖x − c‖² = argmax (2 x·c − ‖c‖²). Source: Zeghidour et al., "SoundStream", algorithm 1.
 */
export function residualEncode(
  g: GraphBuilder,
  latents: GraphTensor,
  codebooks: GraphTensor,
  count: number,
): GraphTensor {
  const size = codebooks.shape[1] as number;
  let residual = latents;
  const codes: GraphTensor[] = [];
  for (let k = 0; k < count; k++) {
    g.scope(`codebook-${k}`, () => {
      const codebook = selectFirst(g, codebooks, k);
      const directions = multiply(g, transpose(g, codebook, [1, 0]), g.scalar(2));
      const norms = reshape(g, sumAxis(g, multiply(g, codebook, codebook), 1), [size]);
      const ids = argMaxLast(g, subtract(g, matMul(g, residual, directions), norms));
      codes.push(ids);
      const quantized = gatherRows(g, codebook, reshape(g, ids, [ids.shape[0]!]));
      residual = subtract(g, residual, quantized);
    });
  }
  return cast(g, concat(g, codes, 1), 'int32');
}

/**
 * The sum of the chosen vectors: codes int32 `[frames, count]`, codebooks `[count, size, width] → [frames, width]`.
 * The id `size`, one past the last, stands for a codebook that is left out: it adds nothing. So one graph decodes the
 * first K codebooks for every K, and any other choice of them, exactly.
 */
export function residualDecode(g: GraphBuilder, codes: GraphTensor, codebooks: GraphTensor): GraphTensor {
  const [count, , width] = codebooks.shape as readonly number[];
  let sum: GraphTensor | undefined;
  for (let k = 0; k < count!; k++) {
    g.scope(`codebook-${k}`, () => {
      const silence = g.constant(new Float32Array(width!), [1, width!]);
      const table = concat(g, [selectFirst(g, codebooks, k), silence], 0);
      const ids = reshape(g, slice(g, codes, 1, k, k + 1), [codes.shape[0]!]);
      const vectors = gatherRows(g, table, ids);
      sum = sum === undefined ? vectors : add(g, sum, vectors);
    });
  }
  return sum!;
}
