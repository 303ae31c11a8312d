import type { ConfigReader } from '@speech-tokens/onnx-graph';
import { parseWhisperConfig, type WhisperConfig } from '../whisper/whisper-config.ts';

/** `config.json` and `preprocessor_config.json` of GLM-4-Voice's tokenizer, as far as its units follow from them. */
export interface GlmVoiceConfig extends WhisperConfig {
  /** Layers before the quantizer; those after it are not needed. */
  readonly layerCount: number;
  /** Rows that are pooled to one unit. */
  readonly pooledRows: number;
  readonly pooling: 'avg' | 'max';
  readonly codebookSize: number;
  /** A row sees those before it and those of its own block of so many; all where absent. */
  readonly blockRows?: number;
}

/**
 * Field names: zai-org/GLM-4-Voice, `speech_tokenizer/configuration_whisper.py`.
 * @throws SpeechTokensError `checkpoint-invalid` that names the field
 */
export function parseGlmVoiceConfig(config: ConfigReader, preprocessor: ConfigReader): GlmVoiceConfig {
  config.oneOf('model_type', ['whisper']);
  const whisper = parseWhisperConfig(config, preprocessor);
  const layerCount = config.integer('quantize_position', whisper.layerCount);
  // Whatever would make other units. Pooling right before the quantizer, causal convolutions and blocks are what is
  // published; "causal" for the attention is in force with one of the authors' three kinds of attention only.
  config.oneOf('pooling_position', [layerCount]);
  config.oneOf('encoder_causal_convolution', [true]);
  config.oneOf('encoder_causal_attention', [false]);
  config.oneOf('quantize_causal_encoder', [false]);
  const pooledRows = config.integer('pooling_kernel_size', whisper.positionCount);
  if (whisper.positionCount % pooledRows !== 0) {
    config.fail(
      'pooling_kernel_size',
      String(pooledRows),
      `a divisor of ${whisper.positionCount} (max_source_positions)`,
    );
  }
  const blockRows = config.value('quantize_causal_block_size');
  return {
    ...whisper,
    layerCount,
    pooledRows,
    pooling: config.oneOf('pooling_type', ['avg', 'max']),
    codebookSize: config.integer('quantize_vocab_size', 2 ** 20, 2),
    ...(blockRows === undefined || blockRows === null
      ? {}
      : { blockRows: config.integer('quantize_causal_block_size') }),
  };
}

/** Samples that one unit stands for. */
export function unitSamples({ hopSamples, pooledRows }: GlmVoiceConfig): number {
  return 2 * hopSamples * pooledRows;
}

/** Recordings are cut in pieces of so many samples, each by itself: 30 seconds, as far as positions go. */
export function chunkSamples({ hopSamples, positionCount }: GlmVoiceConfig): number {
  return 2 * hopSamples * positionCount;
}

/**
 * How long a piece is made with silence before its log-mel frames are computed: the end that is mirrored under the last of
 * them lies there. As the authors' code does: a recording of one piece to whole units, the last of several to 30 seconds.
 */
export function paddedSamples(config: GlmVoiceConfig, sampleCount: number, isFirst: boolean): number {
  const unit = unitSamples(config);
  return isFirst ? Math.ceil(sampleCount / unit) * unit : chunkSamples(config);
}
