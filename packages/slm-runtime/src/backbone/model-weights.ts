import type { CallOptions } from '@speech-tokens/core';
import {
  openCheckpoint,
  quantizeMatrices,
  type RuntimeOptions,
  type WeightBits,
  type WeightScope,
  weightsOf,
} from '@speech-tokens/onnx-graph';

/** How a model is loaded and run. */
export interface ModelOptions extends RuntimeOptions, CallOptions {
  /**
   * Bits of the weights of its matrices, which are quantized in blocks as it is loaded: less memory to read at each step,
   * and other logits. As the checkpoint has them, in float32, where absent.
   */
  readonly weightBits?: WeightBits;
}

export interface ModelWeights {
  readonly weights: WeightScope;
  /** What sessions of its graphs are opened with. */
  readonly session: RuntimeOptions & { readonly weightsDirectory: string };
}

/** @param isMatrix which tensors are matrices of layers, and no tables of embeddings */
export async function openModelWeights(
  path: string,
  { weightBits, signal, onProgress, ...runtime }: ModelOptions,
  isMatrix: (name: string) => boolean,
): Promise<ModelWeights> {
  const checkpoint = await openCheckpoint(path);
  const session = { ...runtime, weightsDirectory: checkpoint.directory };
  if (weightBits === undefined) return { weights: weightsOf(checkpoint), session };
  const quantized = await quantizeMatrices(checkpoint, {
    bits: weightBits,
    isWanted: isMatrix,
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  return { weights: weightsOf(checkpoint, { quantized }), session };
}
