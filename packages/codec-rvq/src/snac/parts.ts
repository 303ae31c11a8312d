import {
  add,
  type ConvOptions,
  type ConvWeights,
  conv1d,
  depthwiseConv1d,
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

/** Dilations of the three residual units of a block, and the taps of their wide convolutions. */
export const residualDilations: readonly number[] = [1, 3, 9];
export const wideKernel = 7;

/** A weight-normed convolution's weight and bias; shape as torch keeps it. */
export function normedWeights(
  g: GraphBuilder,
  weights: WeightScope,
  shape: readonly number[],
  biasLength: number,
): ConvWeights {
  return { weight: weightNormed(g, weights, shape), bias: weights.tensor(g, 'bias', [biasLength]) };
}

/** `x [1, in, samples] → [1, out, samples']` */
export function normedConv(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  { out, kernel, ...options }: { readonly out: number; readonly kernel: number } & ConvOptions,
): GraphTensor {
  return conv1d(g, normedWeights(g, weights, [out, x.shape[1] as number, kernel], out), x, options);
}

/** Weights of a convolution of 7 taps that keeps the channels and the length. */
export function wideWeights(
  g: GraphBuilder,
  weights: WeightScope,
  channels: number,
  isDepthwise: boolean,
): ConvWeights {
  return normedWeights(g, weights, [channels, isDepthwise ? 1 : channels, wideKernel], channels);
}

export function wideConv(
  g: GraphBuilder,
  weights: ConvWeights,
  x: GraphTensor,
  { dilation = 1, isDepthwise }: { readonly dilation?: number; readonly isDepthwise: boolean },
): GraphTensor {
  return isDepthwise ? depthwiseConv1d(g, weights, x, { dilation }) : sameConv1d(g, weights, x, { dilation });
}

/** The three residual units of a block, which are its parts `first`, `first + 1` and `first + 2`. */
export function residualUnits(
  g: GraphBuilder,
  block: WeightScope,
  x: GraphTensor,
  { first, isDepthwise }: { readonly first: number; readonly isDepthwise: boolean },
): GraphTensor {
  return residualDilations.reduce(
    (y, dilation, i) => residualUnit(g, block.scope(first + i), y, { dilation, isDepthwise }),
    x,
  );
}

/** Snake, 7 taps, Snake, one tap, and the input added. Source: hubertsiuzdak/snac, snac/layers.py, `ResidualUnit`. */
function residualUnit(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  { dilation, isDepthwise }: { readonly dilation: number; readonly isDepthwise: boolean },
): GraphTensor {
  const block = weights.scope('block');
  const channels = x.shape[1] as number;
  const before = snakeAlpha(g, block.scope(0), channels);
  const between = snakeAlpha(g, block.scope(2), channels);
  const stored = wideWeights(g, block.scope(1), channels, isDepthwise);
  const wide = rescaledConv(g, stored, { takes: before, takesAxis: isDepthwise ? 0 : 1, gives: between });
  const spread = wideConv(g, wide, snakeTimesAlpha(g, before, x), { dilation, isDepthwise });
  const mixing = normedWeights(g, block.scope(3), [channels, channels, 1], channels);
  return add(g, x, conv1d(g, rescaledConv(g, mixing, { takes: between }), scaledSnake(g, spread)));
}
