import { add, elu, type GraphBuilder, type GraphTensor, lstm, type WeightScope } from '@speech-tokens/onnx-graph';
import type { EncodecConfig } from './encodec-config.ts';

export interface ConvShape {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number;
  readonly stride?: number;
  readonly dilation?: number;
}

/**
 * How the layers of a SEANet are laid out in a graph: as a stream with state, or over a whole signal. `weights` are those
 * of the layer, for example `encoder.layers.3.`.
 */
export interface SeanetLayers {
  /** A convolution whose edges are padded by reflection; ⌈samples / stride⌉ results. */
  conv(weights: WeightScope, x: GraphTensor, shape: ConvShape): GraphTensor;
  /** A transposed convolution with a kernel of two strides, trimmed to stride · samples results. */
  transposedConv(weights: WeightScope, x: GraphTensor, shape: Omit<ConvShape, 'kernelSize' | 'dilation'>): GraphTensor;
}

/**
 * The networks of EnCodec. Source: Défossez et al., "High Fidelity Neural Audio Compression" (2022);
 * facebookresearch/encodec, encodec/modules/seanet.py. Numbers of layers count activations too, as in the checkpoints.
 */
export interface Seanet {
  /** Audio → features of width `widestChannels`, one per frame. */
  downsample(x: GraphTensor): GraphTensor;
  /** Features as rows `[frames, width]`, or those of several signals, `[frames, signals, width]`. */
  encoderLstm(rows: GraphTensor): GraphTensor;
  /** Features → latents. */
  encoderHead(x: GraphTensor): GraphTensor;
  /** Latents → features of width `widestChannels`. */
  decoderHead(x: GraphTensor): GraphTensor;
  /** As `encoderLstm`. */
  decoderLstm(rows: GraphTensor): GraphTensor;
  /** Features → audio. */
  upsample(x: GraphTensor): GraphTensor;
}

/** Channels at the frame rate. */
export function widestChannels({ filterCount, ratios }: EncodecConfig): number {
  return filterCount * 2 ** ratios.length;
}

export function seanet(g: GraphBuilder, layers: SeanetLayers, weights: WeightScope, config: EncodecConfig): Seanet {
  const { ratios, filterCount, channelCount, latentWidth, kernelSize, lastKernelSize } = config;
  const widest = widestChannels(config);
  const layersPerStage = config.residualLayerCount + 2;
  const encoder = weights.scope('encoder').scope('layers');
  const decoder = weights.scope('decoder').scope('layers');
  const encoderLstmAt = 1 + ratios.length * layersPerStage;
  const named = <Result>(side: string, index: number, build: () => Result): Result =>
    g.scope(`${side}.${index}`, build);
  const remembering = (scope: WeightScope, rows: GraphTensor): GraphTensor =>
    add(g, lstm(g, scope.scope('lstm'), rows, config.lstmLayerCount), rows);
  const residualLayers = (
    side: 'encoder' | 'decoder',
    first: number,
    x: GraphTensor,
    channels: number,
  ): GraphTensor => {
    let y = x;
    for (let j = 0; j < config.residualLayerCount; j++) {
      const scope = (side === 'encoder' ? encoder : decoder).scope(first + j);
      y = named(side, first + j, () => residualLayer(g, layers, scope, y, config, channels, j));
    }
    return y;
  };

  return {
    downsample(x) {
      const shape = { inChannels: channelCount, outChannels: filterCount, kernelSize };
      let y = named('encoder', 0, () => layers.conv(encoder.scope(0), x, shape));
      for (const [stage, stride] of [...ratios].reverse().entries()) {
        const inChannels = filterCount * 2 ** stage;
        const first = 1 + stage * layersPerStage;
        const last = first + layersPerStage - 1;
        const active = elu(g, residualLayers('encoder', first, y, inChannels));
        const down = { inChannels, outChannels: 2 * inChannels, kernelSize: 2 * stride, stride };
        y = named('encoder', last, () => layers.conv(encoder.scope(last), active, down));
      }
      return y;
    },
    encoderLstm: (rows) => named('encoder', encoderLstmAt, () => remembering(encoder.scope(encoderLstmAt), rows)),
    encoderHead(x) {
      const shape = { inChannels: widest, outChannels: latentWidth, kernelSize: lastKernelSize };
      const at = encoderLstmAt + 2;
      return named('encoder', at, () => layers.conv(encoder.scope(at), elu(g, x), shape));
    },
    decoderHead(x) {
      const shape = { inChannels: latentWidth, outChannels: widest, kernelSize };
      return named('decoder', 0, () => layers.conv(decoder.scope(0), x, shape));
    },
    decoderLstm: (rows) => named('decoder', 1, () => remembering(decoder.scope(1), rows)),
    upsample(x) {
      let y = x;
      for (const [stage, stride] of ratios.entries()) {
        const inChannels = widest / 2 ** stage;
        const at = 3 + stage * layersPerStage;
        const up = { inChannels, outChannels: inChannels / 2, stride };
        const active = elu(g, y);
        y = named('decoder', at, () => layers.transposedConv(decoder.scope(at), active, up));
        y = residualLayers('decoder', at + 1, y, inChannels / 2);
      }
      const at = 3 + ratios.length * layersPerStage;
      const shape = { inChannels: filterCount, outChannels: channelCount, kernelSize: lastKernelSize };
      return named('decoder', at, () => layers.conv(decoder.scope(at), elu(g, y), shape));
    },
  };
}

function residualLayer(
  g: GraphBuilder,
  layers: SeanetLayers,
  weights: WeightScope,
  x: GraphTensor,
  config: EncodecConfig,
  channels: number,
  index: number,
): GraphTensor {
  const hidden = Math.floor(channels / config.compress);
  const dilation = config.dilationGrowth ** index;
  const block = weights.scope('block');
  const narrow = { inChannels: channels, outChannels: hidden, kernelSize: config.residualKernelSize, dilation };
  const wide = { inChannels: hidden, outChannels: channels, kernelSize: 1 };
  const first = g.scope('first', () => layers.conv(block.scope(1), elu(g, x), narrow));
  const second = g.scope('second', () => layers.conv(block.scope(3), elu(g, first), wide));
  if (!config.hasConvShortcut) return add(g, x, second);
  const around = { inChannels: channels, outChannels: channels, kernelSize: 1 };
  return add(
    g,
    g.scope('shortcut', () => layers.conv(weights.scope('shortcut'), x, around)),
    second,
  );
}
