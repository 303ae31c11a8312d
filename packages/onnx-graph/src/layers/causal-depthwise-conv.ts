import type { WeightScope } from '../checkpoint/weight-scope.ts';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import type { GraphTensor } from '../graph/graph-types.ts';
import { add, multiply } from '../ops/elementwise.ts';
import { selectFirst } from '../ops/lookup.ts';
import { slice } from '../ops/shape.ts';
import { withHistory } from './history.ts';

/**
 * A causal convolution over time, each channel by itself: `x [frames, channels]`, weight `[kernel, channels]` with
 * the oldest tap first. As a sum of shifted products: with channels last that needs no transposition, and the value
 * of a frame does not depend on how many frames are computed with it.
 */
export function causalDepthwiseConv(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  kernelFrames: number,
): GraphTensor {
  const channels = x.shape[1] as number;
  const taps = weights.tensor(g, 'weight', [kernelFrames, channels]);
  const extended = withHistory(g, x, kernelFrames - 1);
  let sum = weights.tensor(g, 'bias', [channels]);
  for (let tap = 0; tap < kernelFrames; tap++) {
    const shifted = slice(g, extended, 0, tap, { fromEnd: kernelFrames - 1 - tap });
    sum = add(g, multiply(g, shifted, selectFirst(g, taps, tap)), sum);
  }
  return sum;
}
