import {
  cast,
  type GraphBuilder,
  type GraphTensor,
  nearestCodes,
  sumOfCodes,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import type { EncodecConfig } from './encodec-config.ts';

/**
 * `latents [frames, width] → codes int32 [frames, codebookCount]` of the first codebooks.
 * Source: facebookresearch/encodec, encodec/quantization/core_vq.py.
 */
export function residualCodes(
  g: GraphBuilder,
  latents: GraphTensor,
  config: EncodecConfig,
  weights: WeightScope,
  codebookCount: number,
): GraphTensor {
  return g.scope('quantizer', () =>
    cast(g, nearestCodes(g, latents, codebooks(g, config, weights, codebookCount)), 'int32'),
  );
}

/** Codes int32 `[frames, codebooks] → [frames, width]`. The id one past the last leaves its codebook out. */
export function latentsOfCodes(
  g: GraphBuilder,
  codes: GraphTensor,
  config: EncodecConfig,
  weights: WeightScope,
): GraphTensor {
  return g.scope('quantizer', () => sumOfCodes(g, codes, codebooks(g, config, weights, config.codebookCount)));
}

/** `[size, width]` each. */
function codebooks(
  g: GraphBuilder,
  { codebookSize, latentWidth }: EncodecConfig,
  weights: WeightScope,
  count: number,
): readonly GraphTensor[] {
  const layers = weights.scope('quantizer').scope('layers');
  return Array.from({ length: count }, (_, k) =>
    layers.scope(k).scope('codebook').tensor(g, 'embed', [codebookSize, latentWidth]),
  );
}
