import { affineNorm, type Checkpoint, type WeightScope, weightsOf } from '@speech-tokens/onnx-graph';
import type { FeatureNetwork } from '../network/feature-network.ts';
import { dense } from '../wave/transformer-layer.ts';
import { conformerLayer } from './conformer-layer.ts';
import type { W2vBertConfig } from './w2v-bert-config.ts';
import { kaldiFrameSamples, kaldiHopSamples, openW2vBertRows } from './w2v-bert-rows.ts';

/**
 * w2v-BERT 2.0: conformer blocks over Kaldi's log-mel frames, two at a time.
 * Source: Barrault et al., "Seamless", 2023; huggingface/transformers, `models/wav2vec2_bert/modeling_wav2vec2_bert.py`.
 */
export function w2vBertNetwork(config: W2vBertConfig, checkpoint: Checkpoint): FeatureNetwork {
  const weights = encoderWeights(checkpoint);
  const { width, layerCount, framesPerRow, bandCount, normEpsilon } = config;
  return {
    name: 'w2v-BERT 2.0',
    clock: {
      sampleRateHz: config.sampleRateHz,
      hopSamples: framesPerRow * kaldiHopSamples,
      windowSamples: (framesPerRow - 1) * kaldiHopSamples + kaldiFrameSamples,
    },
    width,
    rowWidth: framesPerRow * bandCount,
    layerCount,
    openRows: (openGraph) => openW2vBertRows(config, openGraph),
    buildLayers(g, rows, layer) {
      const scope = weights.scope('feature_projection');
      let x = dense(g, scope.scope('projection'), affineNorm(g, scope.scope('layer_norm'), rows, normEpsilon), width);
      for (let i = 0; i < layer; i++) {
        const block = weights.scope('encoder').scope('layers').scope(i);
        x = g.scope(`layer-${i + 1}`, () => conformerLayer(g, block, x, config));
      }
      return x;
    },
  };
}

function encoderWeights(checkpoint: Checkpoint): WeightScope {
  const weights = weightsOf(checkpoint);
  return weights.has('feature_projection.projection.weight') ? weights : weights.scope('wav2vec2_bert');
}
