import {
  add,
  cast,
  concat,
  divide,
  type GraphBuilder,
  type GraphTensor,
  nearestCodes,
  projection,
  reshape,
  slice,
  sumOfCodes,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import type { MimiConfig } from './mimi-config.ts';

/** Codes that training used less than this are divided by it instead. */
const leastUsage = 1e-5;

/** Terms of one sum of the projection to the codebooks' width: as exact as PyTorch's (relative error 2e-7). */
const longestSum = 128;

/**
 * `latents [frames, latentWidth] → codes int32 [frames, codebookCount]`. The semantic codebooks and the acoustic ones
 * both quantize the latents, each after a projection of its own; within each, a codebook quantizes what is left by those
 * before it. Source: kyutai-labs/moshi, moshi/moshi/quantization/vq.py, `SplitResidualVectorQuantizer`.
 */
export function splitEncode(
  g: GraphBuilder,
  weights: WeightScope,
  latents: GraphTensor,
  config: MimiConfig,
  codebookCount: number,
): GraphTensor {
  const codes = parts(config, codebookCount).map(({ name, count }) =>
    g.scope(name, () => {
      const part = weights.scope(`${name}_residual_vector_quantizer`);
      const { codebookWidth, latentWidth } = config;
      const weight = pointwise(g, part.scope('input_proj'), [codebookWidth, latentWidth]);
      return nearestCodes(g, projection(g, weight, latents, { longestSum }), codebooks(g, part, config, count));
    }),
  );
  return cast(g, concat(g, codes, 1), 'int32');
}

/**
 * `codes int32 [frames, codebooks] → latents [frames, latentWidth]`, all codebooks. A code equal to the codebook's size
 * leaves that codebook out.
 */
export function splitDecode(
  g: GraphBuilder,
  weights: WeightScope,
  codes: GraphTensor,
  config: MimiConfig,
): GraphTensor {
  const [semantic, acoustic] = parts(config, config.codebookCount).map(({ name, first, count }) =>
    g.scope(name, () => {
      const part = weights.scope(`${name}_residual_vector_quantizer`);
      const { codebookWidth, latentWidth } = config;
      const weight = pointwise(g, part.scope('output_proj'), [latentWidth, codebookWidth]);
      const own = slice(g, codes, 1, first, first + count);
      return projection(g, weight, sumOfCodes(g, own, codebooks(g, part, config, count)));
    }),
  );
  return add(g, semantic!, acoustic!);
}

/** The two quantizers and which codebooks each has, of the first `codebookCount` of them. */
function parts({ semanticCodebookCount }: MimiConfig, codebookCount: number) {
  const semantic = Math.min(semanticCodebookCount, codebookCount);
  return [
    { name: 'semantic', first: 0, count: semantic },
    { name: 'acoustic', first: semantic, count: codebookCount - semantic },
  ].filter(({ count }) => count > 0);
}

/** A convolution of one tap: `[out, in, 1] → [out, in]`. */
function pointwise(g: GraphBuilder, weights: WeightScope, [out, width]: readonly [number, number]): GraphTensor {
  return reshape(g, weights.tensor(g, 'weight', [out, width, 1]), [out, width]);
}

/** The first `count` codebooks, `[size, width]` each: checkpoints have the sum of the vectors of each code, and their number. */
function codebooks(g: GraphBuilder, weights: WeightScope, config: MimiConfig, count: number): readonly GraphTensor[] {
  const { codebookSize, codebookWidth } = config;
  return Array.from({ length: count }, (_, k) => {
    const book = weights.scope('layers').scope(k).scope('codebook');
    const usage = book.tensor(g, 'cluster_usage', [codebookSize]);
    const divisor = g.node('Max', [usage, g.scalar(leastUsage)], usage);
    const sums = book.tensor(g, 'embed_sum', [codebookSize, codebookWidth]);
    return divide(g, sums, reshape(g, divisor, [codebookSize, 1]));
  });
}
