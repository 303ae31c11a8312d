import {
  add,
  type ConvWeights,
  conv1d,
  type GraphBuilder,
  type GraphTensor,
  rescaledConv,
  sameConv1d,
  scaledSnake,
  snakeAlpha,
  snakeTimesAlpha,
  type WeightScope,
  weightNormed,
} from '@speech-tokens/onnx-graph';

/** The weights of a convolution with a bias, `[out, in, kernel]`, whether weight norm is folded or not. */
export function convWeights(g: GraphBuilder, weights: WeightScope, shape: readonly number[]): ConvWeights {
  return { weight: weightNormed(g, weights, shape), bias: weights.tensor(g, 'bias', [shape[0]!]) };
}

/**
 * x + conv₁(snake(conv₇(snake(x)))), the first of them dilated: `[1, channels, samples]` in and out.
 * @param tileOutputs see `sameConv1d`
 */
export function residualUnit(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  { dilation, tileOutputs }: { readonly dilation: number; readonly tileOutputs: 4 | 6 },
): GraphTensor {
  const channels = x.shape[1] as number;
  const [before, between] = ['snake1', 'snake2'].map((name) => snakeAlpha(g, weights.scope(name), channels));
  const stored = convWeights(g, weights.scope('conv1'), [channels, channels, 7]);
  const wide = rescaledConv(g, stored, { takes: before!, gives: between! });
  const narrow = rescaledConv(g, convWeights(g, weights.scope('conv2'), [channels, channels, 1]), { takes: between! });
  const y = sameConv1d(g, wide, snakeTimesAlpha(g, before!, x), { dilation, tileOutputs });
  return add(g, x, conv1d(g, narrow, scaledSnake(g, y)));
}
