import type { ConfigReader } from '@speech-tokens/onnx-graph';

/** `config.json` and `preprocessor_config.json` of a Whisper checkpoint, as far as its encoder follows from them. */
export interface WhisperConfig {
  readonly sampleRateHz: number;
  readonly bandCount: number;
  readonly fftSize: number;
  /** From one log-mel frame to the next; a frame of the encoder has two of them. */
  readonly hopSamples: number;
  readonly width: number;
  readonly layerCount: number;
  readonly headCount: number;
  readonly feedForwardWidth: number;
  /** Frames that positions were learnt for: those of 30 seconds. */
  readonly positionCount: number;
}

/**
 * Field names: huggingface/transformers, `models/whisper/configuration_whisper.py` and `feature_extraction_whisper.py`.
 * @throws SpeechTokensError `checkpoint-invalid` that names the field
 */
export function parseWhisperConfig(config: ConfigReader, preprocessor: ConfigReader): WhisperConfig {
  config.oneOf('activation_function', ['gelu']);
  const width = config.integer('d_model');
  const headCount = config.integer('encoder_attention_heads', width);
  if (width % headCount !== 0) config.fail('encoder_attention_heads', String(headCount), `a divisor of ${width}`);
  const bandCount = config.integer('num_mel_bins', 1_024);
  preprocessor.oneOf('feature_size', [bandCount]);
  const fftSize = preprocessor.integer('n_fft', 16_384);
  if (fftSize % 2 !== 0) preprocessor.fail('n_fft', String(fftSize), 'an even number');
  return {
    sampleRateHz: preprocessor.integer('sampling_rate', 768_000),
    bandCount,
    fftSize,
    hopSamples: preprocessor.integer('hop_length', fftSize),
    width,
    layerCount: config.integer('encoder_layers', 512),
    headCount,
    feedForwardWidth: config.integer('encoder_ffn_dim', 2 ** 20),
    positionCount: config.integer('max_source_positions'),
  };
}
