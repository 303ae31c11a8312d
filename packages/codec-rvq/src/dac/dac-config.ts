import { readConfig } from '@speech-tokens/onnx-graph';

/** `config.json` of a DAC checkpoint as the Hugging Face hub has it (transformers, configuration_dac.py). */
export interface DacConfig {
  readonly sampleRateHz: number;
  /** Of the encoder, first to last; the decoder's are the same from last to first. Their product is the hop. */
  readonly strides: readonly number[];
  readonly hopSamples: number;
  /** Channels after the encoder's first layer; each block doubles them. */
  readonly encoderChannels: number;
  /** Channels of the latents: what the encoder gives out and the decoder takes. */
  readonly latentWidth: number;
  /** Channels after the decoder's first layer; each block halves them. */
  readonly decoderChannels: number;
  readonly codebookCount: number;
  readonly codebookSize: number;
  /** Width of the vectors in the codebooks. */
  readonly codeWidth: number;
}

/**
 * Reads `config.json`.
 * @throws SpeechTokensError `checkpoint-invalid` that names the field
 */
export function parseDacConfig(text: string, path: string): DacConfig {
  const config = readConfig(text, path, 'DAC codec');
  config.oneOf('model_type', ['dac']);
  const strides = config.integers('downsampling_ratios', 64);
  const hopSamples = strides.reduce((product, stride) => product * stride, 1);
  if (strides.length > 8 || hopSamples > 65_536) {
    config.fail('downsampling_ratios', `a hop of ${hopSamples}`, 'at most 8 ratios and a hop of at most 65536 samples');
  }
  const encoderChannels = config.integer('encoder_hidden_size');
  const latentWidth = encoderChannels * 2 ** strides.length;
  const decoderChannels = config.integer('decoder_hidden_size');
  if (decoderChannels % 2 ** strides.length !== 0) {
    const wanted = `a multiple of ${2 ** strides.length}, which ${strides.length} blocks can halve`;
    config.fail('decoder_hidden_size', String(decoderChannels), wanted);
  }
  return {
    sampleRateHz: config.integer('sampling_rate', 768_000),
    strides,
    hopSamples,
    encoderChannels,
    latentWidth,
    decoderChannels,
    codebookCount: config.integer('n_codebooks', 256),
    codebookSize: config.integer('codebook_size', 2 ** 24),
    codeWidth: config.integer('codebook_dim'),
  };
}
