import {
  add,
  type ConvWeights,
  causalTransposedConv1d,
  conv1d,
  convRowsByTaps,
  elu,
  type GraphBuilder,
  type GraphTensor,
  rowsToSignal,
  signalToRows,
  transposedConvRowsByTaps,
  type WeightScope,
  withHistory,
  withSignalHistory,
} from '@speech-tokens/onnx-graph';
import type { ChainLink } from '../staged/graph-chain.ts';
import type { SeanetConfig } from './mimi-config.ts';
import type { SeanetLayer } from './seanet-layers.ts';
import type { LayerSection, StageOptions } from './stage-options.ts';

interface ConvShape {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number;
  readonly stride?: number;
  readonly dilation?: number;
}

/** The sections of one side's SEANet, `[steps, channels]` to `[steps, channels]` each. */
export function seanetLinks(
  side: 'encoder' | 'decoder',
  weights: WeightScope,
  sections: readonly LayerSection[],
  config: SeanetConfig,
  { leastSignalSteps }: StageOptions,
): readonly ChainLink[] {
  const layerWeights = weights.scope(side).scope('layers');
  return sections.map(({ layers, framesPerRun }) => ({
    output: `features.${layers.at(-1)!.index}`,
    framesPerRun,
    apply: (g, x) => g.scope(side, () => seanet(g, layerWeights, x, layers, config, leastSignalSteps)),
  }));
}

/**
 * Causal layers one after another, with what each needs of the past carried from run to run; a stream starts with zeros
 * before each layer. `x [steps, channels] → [steps, channels]`; between, layers with at least `leastSignalSteps` steps a
 * frame are convolutions on `[1, channels, steps]`, the others matrix products on rows.
 * @param weights of the whole SEANet, for example `encoder.layers.`
 */
function seanet(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  layers: readonly SeanetLayer[],
  config: SeanetConfig,
  leastSignalSteps: number,
): GraphTensor {
  let y = x;
  for (const layer of layers) {
    g.scope(`layers.${layer.index}`, () => {
      const isSignal = Math.min(layer.inSteps, layer.outSteps) >= leastSignalSteps;
      y = seanetLayer(g, weights.scope(layer.index), isSignal ? asSignal(g, y) : asRows(g, y), layer, config);
    });
  }
  return asRows(g, y);
}

function seanetLayer(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  layer: SeanetLayer,
  config: SeanetConfig,
): GraphTensor {
  switch (layer.kind) {
    case 'conv':
      return causalConv(g, weights, x, layer);
    case 'transposed-conv':
      return causalTransposedConv(g, weights, x, layer);
    case 'residual':
      return residualLayer(g, weights, x, layer, config);
    case 'elu':
      return elu(g, x);
  }
}

function residualLayer(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  { inChannels, dilation }: SeanetLayer & { readonly dilation: number },
  config: SeanetConfig,
): GraphTensor {
  const block = weights.scope('block');
  const hidden = Math.floor(inChannels / config.compress);
  const narrow = { inChannels, outChannels: hidden, kernelSize: config.residualKernelSize, dilation };
  const wide = { inChannels: hidden, outChannels: inChannels, kernelSize: 1 };
  const first = g.scope('block.1', () => causalConv(g, block.scope(1), elu(g, x), narrow));
  const second = g.scope('block.3', () => causalConv(g, block.scope(3), elu(g, first), wide));
  return add(g, x, second);
}

function causalConv(g: GraphBuilder, weights: WeightScope, x: GraphTensor, shape: ConvShape): GraphTensor {
  const { inChannels, outChannels, kernelSize, stride = 1, dilation = 1 } = shape;
  const before = dilation * (kernelSize - 1) + 1 - stride;
  const parts = convWeights(g, weights, [outChannels, inChannels, kernelSize], outChannels);
  if (!isRows(x)) return conv1d(g, parts, withSignalHistory(g, x, before), { stride, dilation });
  return convRowsByTaps(g, parts, before === 0 ? x : withHistory(g, x, before), { stride, dilation });
}

/** A kernel of two strides: each step settles the samples that it and the step before it reach. */
function causalTransposedConv(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  { inChannels, outChannels, stride }: SeanetLayer & { readonly stride: number },
): GraphTensor {
  const parts = convWeights(g, weights, [inChannels, outChannels, 2 * stride], outChannels);
  return isRows(x)
    ? transposedConvRowsByTaps(g, parts, withHistory(g, x, 1), { stride })
    : causalTransposedConv1d(g, parts, withSignalHistory(g, x, 1), { stride });
}

function convWeights(
  g: GraphBuilder,
  weights: WeightScope,
  shape: readonly number[],
  outChannels: number,
): Required<ConvWeights> {
  const conv = weights.scope('conv');
  return { weight: conv.tensor(g, 'weight', shape), bias: conv.tensor(g, 'bias', [outChannels]) };
}

function isRows(x: GraphTensor): boolean {
  return x.shape.length === 2;
}

function asRows(g: GraphBuilder, x: GraphTensor): GraphTensor {
  return isRows(x) ? x : signalToRows(g, x);
}

function asSignal(g: GraphBuilder, x: GraphTensor): GraphTensor {
  return isRows(x) ? rowsToSignal(g, x) : x;
}
