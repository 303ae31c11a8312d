import {
  add,
  argMaxLast,
  concat,
  divide,
  type GraphBuilder,
  type GraphTensor,
  gatherRows,
  matMul,
  multiply,
  reshape,
  sqrt,
  subtract,
  sumAxis,
  transpose,
  type WeightScope,
  weightNormed,
} from '@speech-tokens/onnx-graph';
import type { DacConfig } from './dac-config.ts';

/**
 * Residual quantization in a small space of each codebook's own: `latents [frames, width]` → the ids `int64 [frames, 1]`
 * of the first `count` codebooks. The nearest entry is sought by direction (both sides have length one in the authors'
 * code; the length of the vector does not change which entry is nearest, so only the codebook's is divided out). What is
 * taken from the residual is the entry at its own length, projected back.
 */
export function residualCodes(
  g: GraphBuilder,
  config: DacConfig,
  weights: WeightScope,
  latents: GraphTensor,
  count: number,
): readonly GraphTensor[] {
  const codes: GraphTensor[] = [];
  let residual = latents;
  for (let k = 0; k < count; k++) {
    g.scope(`codebook-${k}`, () => {
      const { codebook, into, intoBias, back, backBias } = quantizerWeights(g, config, weights, k);
      const vectors = add(g, matMul(g, residual, into), intoBias);
      const ids = argMaxLast(g, matMul(g, vectors, transpose(g, directions(g, codebook), [1, 0])));
      codes.push(ids);
      const chosen = gatherRows(g, codebook, reshape(g, ids, [ids.shape[0]!]));
      residual = subtract(g, residual, add(g, matMul(g, chosen, back), backBias));
    });
  }
  return codes;
}

/**
 * The latents that codes stand for: ids `int32 [frames]` of every codebook → `[frames, width]`. The id `size`, one past
 * the last, leaves its codebook out, bias and all. One matrix product sums all codebooks: to each vector belongs a one,
 * by which the bias of its projection is multiplied.
 */
export function residualLatents(
  g: GraphBuilder,
  config: DacConfig,
  weights: WeightScope,
  codes: readonly GraphTensor[],
): GraphTensor {
  const { codebookSize, codeWidth, latentWidth } = config;
  const ones = g.constant(new Float32Array(codebookSize).fill(1), [codebookSize, 1]);
  const nothing = g.constant(new Float32Array(codeWidth + 1), [1, codeWidth + 1]);
  const vectors: GraphTensor[] = [];
  const projections: GraphTensor[] = [];
  for (const [k, ids] of codes.entries()) {
    g.scope(`codebook-${k}`, () => {
      const { codebook, back, backBias } = quantizerWeights(g, config, weights, k);
      const table = concat(g, [concat(g, [codebook, ones], 1), nothing], 0);
      vectors.push(gatherRows(g, table, ids));
      projections.push(back, reshape(g, backBias, [1, latentWidth]));
    });
  }
  return matMul(g, concat(g, vectors, 1), concat(g, projections, 0));
}

/** The parts of one codebook; the projections as matrices `[in, out]`. */
function quantizerWeights(g: GraphBuilder, config: DacConfig, weights: WeightScope, index: number) {
  const { codebookSize: size, codeWidth, latentWidth } = config;
  const own = weights.scope('quantizers').scope(index);
  const projection = (name: string, out: number, width: number): GraphTensor => {
    const stored = weightNormed(g, own.scope(name), [out, width, 1]);
    return transpose(g, reshape(g, stored, [out, width]), [1, 0]);
  };
  return {
    codebook: own.scope('codebook').tensor(g, 'weight', [size, codeWidth]),
    into: projection('in_proj', codeWidth, latentWidth),
    intoBias: own.scope('in_proj').tensor(g, 'bias', [codeWidth]),
    back: projection('out_proj', latentWidth, codeWidth),
    backBias: own.scope('out_proj').tensor(g, 'bias', [latentWidth]),
  };
}

/** The rows at length one; a row of zeros stays as it is. */
function directions(g: GraphBuilder, codebook: GraphTensor): GraphTensor {
  const squares = sumAxis(g, multiply(g, codebook, codebook), 1);
  const lengths = sqrt(g, add(g, squares, g.scalar(1e-24)));
  return divide(g, codebook, reshape(g, lengths, [codebook.shape[0]!, 1]));
}
