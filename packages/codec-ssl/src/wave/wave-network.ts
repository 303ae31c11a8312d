import { add, affineNorm, type Checkpoint, type WeightScope, weightsOf } from '@speech-tokens/onnx-graph';
import type { FeatureNetwork, FrameClock } from '../network/feature-network.ts';
import { positionalConvolution } from './positional-convolution.ts';
import { relativeBias } from './relative-bias.ts';
import { transformerLayer } from './transformer-layer.ts';
import type { WaveConfig, WaveKind } from './wave-config.ts';
import { openWaveRows } from './wave-rows.ts';

const names: Readonly<Record<WaveKind, string>> = {
  hubert: 'HuBERT',
  wav2vec2: 'wav2vec 2.0',
  wavlm: 'WavLM',
  'data2vec-audio': 'data2vec-audio',
};

/** What the encoder is called in checkpoints that hold more than it (heads of pre-training or recognition). */
const prefixes: Readonly<Record<WaveKind, string>> = {
  hubert: 'hubert',
  wav2vec2: 'wav2vec2',
  wavlm: 'wavlm',
  'data2vec-audio': 'data2vec_audio',
};

/**
 * HuBERT, wav2vec 2.0, WavLM and data2vec-audio: convolutions over the samples, then a transformer in which every frame
 * sees every other.
 */
export function waveNetwork(
  config: WaveConfig,
  checkpoint: Checkpoint,
  { sampleRateHz, normalizeWaveform }: { readonly sampleRateHz: number; readonly normalizeWaveform: boolean },
): FeatureNetwork {
  const weights = encoderWeights(checkpoint, config);
  const clock = waveClock(config, sampleRateHz);
  const { layers } = config;
  return {
    name: names[config.kind],
    clock,
    width: layers.width,
    rowWidth: layers.width,
    layerCount: layers.count,
    openRows: (openGraph) => openWaveRows({ config, weights, clock, normalizeWaveform }, openGraph),
    buildLayers(g, rows, layer) {
      const encoder = weights.scope('encoder');
      const positions = g.scope('positions', () =>
        positionalConvolution(g, encoder.scope('pos_conv_embed'), rows, config.positions),
      );
      let x = add(g, rows, positions);
      if (!layers.normsFirst) x = affineNorm(g, encoder.scope('layer_norm'), x, layers.normEpsilon);
      const bias =
        config.relativeBias === undefined || layer === 0
          ? undefined
          : relativeBias(g, encoder.scope('layers.0.attention'), x, layers.headCount, config.relativeBias);
      for (let i = 0; i < layer; i++) {
        x = g.scope(`layer-${i + 1}`, () => transformerLayer(g, encoder.scope('layers').scope(i), x, layers, bias));
      }
      // Of models with norms first, the last layer is given as it is too, without the norm that ends the encoder: as
      // fairseq gives it, and transformers from version 5 on.
      return x;
    },
  };
}

/** The window and hop of a stack of convolutions without padding. */
function waveClock({ convolutions }: WaveConfig, sampleRateHz: number): Required<FrameClock> {
  let [windowSamples, hopSamples] = [1, 1];
  for (const { kernelSize, stride } of convolutions) {
    windowSamples += (kernelSize - 1) * hopSamples;
    hopSamples *= stride;
  }
  return { sampleRateHz, hopSamples, windowSamples };
}

function encoderWeights(checkpoint: Checkpoint, { kind }: WaveConfig): WeightScope {
  const weights = weightsOf(checkpoint);
  return weights.has('feature_projection.projection.weight') ? weights : weights.scope(prefixes[kind]);
}
