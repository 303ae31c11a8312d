import {
  add,
  concat,
  convRowsByTaps,
  type GraphBuilder,
  type GraphTensor,
  multiply,
  reshape,
  selectFirst,
  slice,
  splitRows,
  transpose,
  type WeightScope,
  withHistory,
  withReplicatedStart,
} from '@speech-tokens/onnx-graph';
import { positionsPerFrame } from './mimi-config.ts';

const kernelSize = 2 * positionsPerFrame;

/**
 * Positions to frames: `x [2 · frames, width] → [frames, width]` by a convolution with a stride of 2. Before the start
 * of a stream lies its first position, repeated.
 * Source: kyutai-labs/moshi, moshi/moshi/modules/resample.py, `ConvDownsample1d`.
 */
export function downsample(g: GraphBuilder, weights: WeightScope, x: GraphTensor): GraphTensor {
  const width = x.shape[1] as number;
  const weight = weights.scope('conv').tensor(g, 'weight', [width, width, kernelSize]);
  const extended = withReplicatedStart(g, x, kernelSize - positionsPerFrame);
  return convRowsByTaps(g, { weight }, extended, { stride: positionsPerFrame });
}

/**
 * Frames to positions: `x [frames, width] → [2 · frames, width]` by a transposed convolution of each channel by itself.
 * Source: the same file, `ConvTrUpsample1d`.
 */
export function upsample(g: GraphBuilder, weights: WeightScope, x: GraphTensor): GraphTensor {
  const width = x.shape[1] as number;
  const weight = weights.scope('conv').tensor(g, 'weight', [width, 1, kernelSize]);
  const taps = transpose(g, reshape(g, weight, [width, kernelSize]), [1, 0]);
  const extended = withHistory(g, x, 1);
  const before = slice(g, extended, 0, 0, { fromEnd: 1 });
  const phases = Array.from({ length: positionsPerFrame }, (_, phase) =>
    add(
      g,
      multiply(g, x, selectFirst(g, taps, phase)),
      multiply(g, before, selectFirst(g, taps, phase + positionsPerFrame)),
    ),
  );
  return splitRows(g, concat(g, phases, 1), positionsPerFrame);
}
