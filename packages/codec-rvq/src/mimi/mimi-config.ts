import { type ConfigReader, readConfig } from '@speech-tokens/onnx-graph';

/** `config.json` of a Mimi checkpoint in the hub's format, as far as the networks follow from it. */
export interface MimiConfig {
  readonly sampleRateHz: number;
  /** Samples of one frame of codes. */
  readonly hopSamples: number;
  readonly codebookCount: number;
  readonly codebookSize: number;
  /** Width of the codebooks. */
  readonly codebookWidth: number;
  /** The first codebooks, which quantize the latents by themselves; the others quantize the same latents again. */
  readonly semanticCodebookCount: number;
  /** Width of the latents and of the transformers. */
  readonly latentWidth: number;
  readonly seanet: SeanetConfig;
  readonly transformer: TransformerConfig;
}

/** The convolutions on both sides. */
export interface SeanetConfig {
  /** Channels at the sample rate; twice as many after each downsampling. */
  readonly filterCount: number;
  /** Strides of the decoder, in its order; the encoder has them backwards. */
  readonly ratios: readonly number[];
  readonly residualLayerCount: number;
  readonly residualKernelSize: number;
  /** Dilation of residual layer j: this number to the power of j. */
  readonly dilationGrowth: number;
  /** How many times fewer channels the middle of a residual layer has. */
  readonly compress: number;
  readonly kernelSize: number;
  readonly lastKernelSize: number;
}

/** The transformers between the convolutions and the codebooks, one on each side. */
export interface TransformerConfig {
  readonly layerCount: number;
  readonly headCount: number;
  readonly headWidth: number;
  readonly feedForwardWidth: number;
  /** Positions that each one sees, its own included. */
  readonly windowPositions: number;
  readonly rotaryTheta: number;
  readonly normEpsilon: number;
}

/** Steps of the transformers for each frame of codes. */
export const positionsPerFrame = 2;

/**
 * Reads `config.json`. Field names and defaults: huggingface/transformers, models/mimi/configuration_mimi.py.
 * @throws SpeechTokensError `checkpoint-invalid` that names the field
 */
export function parseMimiConfig(text: string, path: string): MimiConfig {
  const config = readConfig(text, path, 'Mimi codec');
  const { integer, oneOf } = config;
  oneOf('model_type', ['mimi']);
  oneOf('audio_channels', [1]);
  oneOf('use_causal_conv', [true]);
  oneOf('pad_mode', ['constant']);
  oneOf('trim_right_ratio', [1]);
  oneOf('use_conv_shortcut', [false]);

  const sampleRateHz = integer('sampling_rate', 768_000);
  const seanet = seanetConfig(config);
  const hopSamples = seanet.ratios.reduce((product, ratio) => product * ratio, positionsPerFrame);
  if (hopSamples > sampleRateHz) config.fail('upsampling_ratios', `a hop of ${hopSamples}`, 'a hop below one second');
  if (!isAbsent(config.value('frame_rate'))) oneOf('frame_rate', [sampleRateHz / hopSamples]);

  const latentWidth = integer('hidden_size');
  oneOf('upsample_groups', [latentWidth]);
  const codebookCount = integer('num_quantizers', 256, 2);
  const codebookWidth = integer('vector_quantization_hidden_dimension');
  oneOf('codebook_dim', [codebookWidth]);
  return {
    sampleRateHz,
    hopSamples,
    codebookCount,
    codebookSize: integer('codebook_size', 2 ** 24),
    codebookWidth,
    semanticCodebookCount: integer('num_semantic_quantizers', codebookCount - 1),
    latentWidth,
    seanet,
    transformer: transformerConfig(config, latentWidth),
  };
}

function seanetConfig(config: ConfigReader): SeanetConfig {
  const { integer } = config;
  const ratios = config.integers('upsampling_ratios', 1_024);
  if (ratios.length > 8) config.fail('upsampling_ratios', `${ratios.length} of them`, 'at most 8');
  const filterCount = integer('num_filters', 4_096);
  if (filterCount * 2 ** ratios.length > 65_536) config.fail('num_filters', String(filterCount), 'fewer channels');
  const seanet = {
    filterCount,
    ratios,
    residualLayerCount: integer('num_residual_layers', 64, 0),
    residualKernelSize: integer('residual_kernel_size', 1_024),
    dilationGrowth: integer('dilation_growth_rate', 64),
    compress: integer('compress', filterCount),
    kernelSize: integer('kernel_size', 1_024),
    lastKernelSize: integer('last_kernel_size', 1_024),
  };
  const reach = seanet.residualKernelSize * seanet.dilationGrowth ** Math.max(0, seanet.residualLayerCount - 1);
  if (reach > 65_536) config.fail('dilation_growth_rate', `a reach of ${reach} samples`, 'at most 65,536');
  return seanet;
}

function transformerConfig(config: ConfigReader, latentWidth: number): TransformerConfig {
  const { integer, oneOf } = config;
  oneOf('hidden_act', ['gelu']);
  oneOf('attention_bias', [false]);
  const headCount = integer('num_attention_heads', latentWidth);
  oneOf('num_key_value_heads', [headCount]);
  const headWidth = isAbsent(config.value('head_dim')) ? latentWidth / headCount : integer('head_dim');
  if (headWidth % 2 !== 0) config.fail('head_dim', String(headWidth), 'an even number');
  const normEpsilon = config.number('norm_eps');
  if (normEpsilon <= 0 || normEpsilon > 1) config.fail('norm_eps', String(normEpsilon), 'a number from 0 to 1');
  return {
    layerCount: integer('num_hidden_layers', 256),
    headCount,
    headWidth,
    feedForwardWidth: integer('intermediate_size'),
    windowPositions: integer('sliding_window'),
    rotaryTheta: rotaryTheta(config),
    normEpsilon,
  };
}

/** The published configuration has `rope_theta`; newer ones have `rope_parameters`, which may be scaled in other ways. */
function rotaryTheta(config: ConfigReader): number {
  const field = isAbsent(config.value('rope_parameters')) ? 'rope_theta' : 'rope_parameters.rope_theta';
  if (field !== 'rope_theta') config.oneOf('rope_parameters.rope_type', ['default']);
  const theta = config.number(field);
  return theta > 1 ? theta : config.fail(field, String(theta), 'a number above 1');
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
