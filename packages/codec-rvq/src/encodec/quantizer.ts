import {
  add,
  argMaxLast,
  cast,
  concat,
  type GraphBuilder,
  type GraphTensor,
  gatherRows,
  matMul,
  multiply,
  reshape,
  slice,
  subtract,
  sumAxis,
  transpose,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import type { EncodecConfig } from './encodec-config.ts';

/**
 * Residual vector quantization by nearest Euclidean neighbour: `latents [frames, width] → codes int32
 * [frames, codebookCount]`. Each search is one matrix product: argmin ‖x − c‖² = argmax (2 x·c − ‖c‖²).
 * Source: facebookresearch/encodec, encodec/quantization/core_vq.py.
 */
export function residualCodes(
  g: GraphBuilder,
  latents: GraphTensor,
  config: EncodecConfig,
  weights: WeightScope,
  codebookCount: number,
): GraphTensor {
  let residual = latents;
  const codes: GraphTensor[] = [];
  for (let k = 0; k < codebookCount; k++) {
    g.scope(`codebook-${k}`, () => {
      const codebook = codebookTable(g, config, weights, k);
      const directions = multiply(g, transpose(g, codebook, [1, 0]), g.scalar(2));
      const norms = reshape(g, sumAxis(g, multiply(g, codebook, codebook), 1), [config.codebookSize]);
      const nearness = add(g, matMul(g, residual, directions), multiply(g, norms, g.scalar(-1)));
      const ids = argMaxLast(g, nearness);
      codes.push(ids);
      if (k + 1 === codebookCount) return;
      residual = subtract(g, residual, gatherRows(g, codebook, reshape(g, ids, [ids.shape[0]!])));
    });
  }
  return cast(g, concat(g, codes, 1), 'int32');
}

/**
 * The sum of the chosen vectors: codes int32 `[frames, codebooks] → [frames, width]`. The id one past the last stands for
 * a codebook that is left out: it adds nothing.
 */
export function sumOfCodes(
  g: GraphBuilder,
  codes: GraphTensor,
  config: EncodecConfig,
  weights: WeightScope,
): GraphTensor {
  let sum: GraphTensor | undefined;
  for (let k = 0; k < config.codebookCount; k++) {
    g.scope(`codebook-${k}`, () => {
      const nothing = g.constant(new Float32Array(config.latentWidth), [1, config.latentWidth]);
      const table = concat(g, [codebookTable(g, config, weights, k), nothing], 0);
      const ids = reshape(g, slice(g, codes, 1, k, k + 1), [codes.shape[0]!]);
      const vectors = gatherRows(g, table, ids);
      sum = sum === undefined ? vectors : add(g, sum, vectors);
    });
  }
  return sum!;
}

/** `[size, width]` */
function codebookTable(g: GraphBuilder, config: EncodecConfig, weights: WeightScope, index: number): GraphTensor {
  const codebook = weights.scope('quantizer').scope('layers').scope(index).scope('codebook');
  return codebook.tensor(g, 'embed', [config.codebookSize, config.latentWidth]);
}
