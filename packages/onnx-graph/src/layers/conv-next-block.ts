import type { WeightScope } from '../checkpoint/weight-scope.ts';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import type { GraphTensor } from '../graph/graph-types.ts';
import { add, gelu } from '../ops/elementwise.ts';
import { layerNorm } from '../ops/matrix.ts';
import { slice } from '../ops/shape.ts';
import { causalDepthwiseConv } from './causal-depthwise-conv.ts';
import { withHistory } from './history.ts';
import { linear } from './linear.ts';

/**
 * A causal ConvNeXt block over `x [frames, channels]`: depthwise convolution, norm, expansion, GELU, projection, and
 * the input added. Source: Liu et al., "A ConvNet for the 2020s", as Vocos (Siuzdak, 2023) uses it for audio.
 * @param options `lookaheadFrames`: frames to come that a frame sees; its result is so many frames late. 0 where absent.
 */
export function convNextBlock(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  options: { readonly kernelFrames: number; readonly expansion: number; readonly lookaheadFrames?: number },
): GraphTensor {
  const channels = x.shape[1] as number;
  const mixed = causalDepthwiseConv(g, weights.scope('dwconv'), x, options.kernelFrames);
  const normed = layerNorm(g, mixed, 1e-6);
  const expanded = gelu(g, linear(g, weights.scope('expand'), normed, channels * options.expansion));
  const change = linear(g, weights.scope('project'), expanded, channels);
  const { lookaheadFrames = 0 } = options;
  if (lookaheadFrames === 0) return add(g, x, change);
  const late = g.scope('delay', () => slice(g, withHistory(g, x, lookaheadFrames), 0, 0, { fromEnd: lookaheadFrames }));
  return add(g, late, change);
}
