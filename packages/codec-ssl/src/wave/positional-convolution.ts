import {
  conv1d,
  type GraphBuilder,
  type GraphTensor,
  gelu,
  layerNorm,
  rowsToSignal,
  signalToRows,
  type WeightScope,
  weightNormed,
} from '@speech-tokens/onnx-graph';
import type { PositionalConvolution } from './wave-config.ts';

/**
 * What tells frames their positions: a wide grouped convolution over the rows, `[frames, width] → [frames, width]`, to be
 * added to them.
 * Source: huggingface/transformers, `models/hubert/modeling_hubert.py`, `HubertPositionalConvEmbedding`, and
 * `models/data2vec/modeling_data2vec_audio.py`, `Data2VecAudioPositionalConvEmbedding`.
 */
export function positionalConvolution(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  { kernelSize, groups, count, isStacked }: PositionalConvolution,
): GraphTensor {
  const width = x.shape[1] as number;
  const shape = [width, width / groups, kernelSize];
  // As long as its input: an even kernel sees one frame more before than after.
  const padding = [Math.floor(kernelSize / 2), Math.floor((kernelSize - 1) / 2)] as const;
  const convolved = (scope: WeightScope, weight: GraphTensor, input: GraphTensor): GraphTensor =>
    conv1d(g, { weight, bias: scope.tensor(g, 'bias', [width]) }, rowsToSignal(g, input), { groups, padding });
  if (!isStacked) {
    const scope = weights.scope('conv');
    // A length for each tap of the kernel.
    return signalToRows(g, gelu(g, convolved(scope, weightNormed(g, scope, shape, 2), x)));
  }
  let rows = x;
  for (let i = 0; i < count; i++) {
    rows = g.scope(`layer-${i}`, () => {
      const scope = weights.scope('layers').scope(i).scope('conv');
      const y = convolved(scope, scope.tensor(g, 'weight', shape), rows);
      return gelu(g, layerNorm(g, signalToRows(g, y), 1e-5));
    });
  }
  return rows;
}
