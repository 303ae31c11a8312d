import {
  add,
  type ConvOptions,
  type ConvWeights,
  conv1d,
  depthwiseConv1d,
  divide,
  type GraphBuilder,
  type GraphTensor,
  multiply,
  reshape,
  sameConv1d,
  scaledSnake,
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

/** A signal multiplied by a factor for each channel, `[channels]`: `forScaledInputs` makes weights for it. */
export interface ScaledSignal {
  readonly signal: GraphTensor;
  readonly factor: GraphTensor;
}

/** Snake, times its α. */
export function snakeTimesAlpha(g: GraphBuilder, weights: WeightScope, x: GraphTensor): ScaledSignal {
  const channels = x.shape[1] as number;
  const factor = alphaOf(g, weights, channels);
  return { signal: scaledSnake(g, multiply(g, x, reshape(g, factor, [1, channels, 1]))), factor };
}

/** α `[channels]`, kept from being 0 by the epsilon of hubertsiuzdak/snac, snac/layers.py, `snake`. */
function alphaOf(g: GraphBuilder, weights: WeightScope, channels: number): GraphTensor {
  return add(g, reshape(g, weights.tensor(g, 'alpha', [1, channels, 1]), [channels]), g.scalar(1e-9));
}

/** Weights for inputs that come multiplied by a factor for each channel, which lie on `axis` of the weight. */
export function forScaledInputs(
  g: GraphBuilder,
  { weight, ...bias }: ConvWeights,
  factor: GraphTensor,
  axis: number,
): ConvWeights {
  const shape = weight.shape.map((_, i) => (i === axis ? factor.shape[0]! : 1));
  return { weight: divide(g, weight, reshape(g, factor, shape)), ...bias };
}

/** Weights whose results come multiplied by a factor for each channel. */
function withScaledOutputs(g: GraphBuilder, { weight, bias }: ConvWeights, factor: GraphTensor): ConvWeights {
  const scaled = multiply(g, weight, reshape(g, factor, [factor.shape[0]!, 1, 1]));
  return bias === undefined ? { weight: scaled } : { weight: scaled, bias: multiply(g, bias, factor) };
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
  const before = snakeTimesAlpha(g, block.scope(0), x);
  const alpha = alphaOf(g, block.scope(2), channels);
  const wide = wideWeights(g, block.scope(1), channels, isDepthwise);
  const unscaled = forScaledInputs(g, wide, before.factor, isDepthwise ? 0 : 1);
  const spread = wideConv(g, withScaledOutputs(g, unscaled, alpha), before.signal, { dilation, isDepthwise });
  const mixing = normedWeights(g, block.scope(3), [channels, channels, 1], channels);
  return add(g, x, conv1d(g, forScaledInputs(g, mixing, alpha, 1), scaledSnake(g, spread)));
}
