import { affineNorm, type Checkpoint } from '@speech-tokens/onnx-graph';
import type { FeatureNetwork } from '../network/feature-network.ts';
import type { WhisperConfig } from './whisper-config.ts';
import { encoderWeights, normEpsilon, whisperLayer, whisperStem } from './whisper-layers.ts';
import { openWhisperRows } from './whisper-rows.ts';

/**
 * The encoder of Whisper: two convolutions over log-mel frames, learnt positions, and a transformer.
 * @param padToChunk see `NetworkOptions.padToChunk`
 * Source: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022; huggingface/transformers,
 * `models/whisper/modeling_whisper.py`, `WhisperEncoder`.
 */
export function whisperNetwork(config: WhisperConfig, checkpoint: Checkpoint, padToChunk: boolean): FeatureNetwork {
  const weights = encoderWeights(checkpoint);
  const { width, layerCount, positionCount } = config;
  const minimumFrames = padToChunk ? positionCount : 1;
  return {
    name: 'Whisper',
    clock: { sampleRateHz: config.sampleRateHz, hopSamples: 2 * config.hopSamples },
    width,
    rowWidth: 2 * config.bandCount,
    layerCount,
    maximumFrames: positionCount,
    minimumFrames,
    openRows: (openGraph) => openWhisperRows(config, minimumFrames, openGraph),
    buildLayers(g, rows, layer) {
      let x = whisperStem(g, weights, rows, config);
      for (let i = 0; i < layer; i++) {
        x = g.scope(`layer-${i + 1}`, () => whisperLayer(g, weights.scope('layers').scope(i), x, config));
      }
      // The last hidden states are those after the norm that ends the encoder.
      return layer === layerCount ? affineNorm(g, weights.scope('layer_norm'), x, normEpsilon) : x;
    },
  };
}
