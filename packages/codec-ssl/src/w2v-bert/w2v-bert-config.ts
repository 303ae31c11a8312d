import type { ConfigReader } from '@speech-tokens/onnx-graph';

/** `config.json` and `preprocessor_config.json` of a w2v-BERT 2.0 checkpoint, as far as the network follows from them. */
export interface W2vBertConfig {
  readonly sampleRateHz: number;
  readonly bandCount: number;
  /** Log-mel frames that are joined to one row. */
  readonly framesPerRow: number;
  readonly width: number;
  readonly layerCount: number;
  readonly headCount: number;
  readonly feedForwardWidth: number;
  readonly depthwiseKernelSize: number;
  readonly normEpsilon: number;
  /** Keys that lie further before (after) a query share one position. */
  readonly positionsBefore: number;
  readonly positionsAfter: number;
}

/**
 * Field names and defaults: huggingface/transformers, `models/wav2vec2_bert/configuration_wav2vec2_bert.py` and
 * `models/seamless_m4t/feature_extraction_seamless_m4t.py`.
 * @throws SpeechTokensError `checkpoint-invalid` that names the field
 */
export function parseW2vBertConfig(config: ConfigReader, preprocessor: ConfigReader): W2vBertConfig {
  config.oneOf('hidden_act', ['swish', 'silu']);
  config.oneOf('position_embeddings_type', ['relative_key']);
  const width = config.integer('hidden_size');
  const headCount = config.integer('num_attention_heads', width);
  if (width % headCount !== 0) config.fail('num_attention_heads', String(headCount), `a divisor of ${width}`);
  const framesPerRow = preprocessor.integer('stride', 16);
  const bandCount = preprocessor.integer('feature_size', 1_024);
  config.oneOf('feature_projection_input_dim', [framesPerRow * bandCount]);
  const normEpsilon = config.number('layer_norm_eps');
  if (normEpsilon <= 0 || normEpsilon > 1) config.fail('layer_norm_eps', String(normEpsilon), 'a number from 0 to 1');
  return {
    sampleRateHz: preprocessor.integer('sampling_rate', 768_000),
    bandCount,
    framesPerRow,
    width,
    layerCount: config.integer('num_hidden_layers', 512),
    headCount,
    feedForwardWidth: config.integer('intermediate_size', 2 ** 20),
    depthwiseKernelSize: config.integer('conv_depthwise_kernel_size', 1_023),
    normEpsilon,
    positionsBefore: config.integer('left_max_position_embeddings', 65_536, 0),
    positionsAfter: config.integer('right_max_position_embeddings', 65_536, 0),
  };
}
