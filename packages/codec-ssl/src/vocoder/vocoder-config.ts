import { type ConfigReader, readConfig } from '@speech-tokens/onnx-graph';

/** One level of a HiFi-GAN: more samples and half the channels, then residual blocks side by side. */
export interface VocoderLevel {
  readonly stride: number;
  /** Taps of the transposed convolution; stride + 2 · the samples that are trimmed at either end. */
  readonly kernel: number;
  readonly inChannels: number;
  readonly channels: number;
}

/** A residual block: for each dilation two convolutions, the first of them dilated. */
export interface ResidualBlockShape {
  readonly kernel: number;
  readonly dilations: readonly number[];
}

/** A table of embeddings that every frame of a recording gets; `width` 0 where there is none. */
export interface VoiceTable {
  readonly count: number;
  readonly width: number;
}

/** What `config.json` of a unit vocoder says. */
export interface VocoderConfig {
  readonly sampleRateHz: number;
  /** Samples of a frame: the product of all strides. */
  readonly hopSamples: number;
  readonly unitCount: number;
  readonly unitWidth: number;
  readonly speakers: VoiceTable;
  readonly languages: VoiceTable;
  readonly firstChannels: number;
  readonly levels: readonly VocoderLevel[];
  readonly blocks: readonly ResidualBlockShape[];
  readonly leakySlope: number;
  readonly durationKernel: number;
}

/**
 * @throws SpeechTokensError `checkpoint-invalid` that names the field
 * Source: huggingface/transformers, `configuration_seamless_m4t.py`, for the fields.
 */
export function parseVocoderConfig(text: string, path: string): VocoderConfig {
  const config = readConfig(text, path, 'unit vocoder');
  config.oneOf('model_type', ['seamless_m4t', 'seamless_m4t_v2']);
  const firstChannels = config.integer('upsample_initial_channel', 8_192);
  const levels = levelsOf(config, firstChannels);
  return {
    sampleRateHz: config.integer('sampling_rate', 768_000),
    hopSamples: levels.reduce((product, { stride }) => product * stride, 1),
    unitCount: config.integer('unit_hifi_gan_vocab_size', 1_000_000),
    unitWidth: config.integer('unit_embed_dim'),
    speakers: tableOf(config, 'vocoder_num_spkrs', 'spkr_embed_dim'),
    languages: tableOf(config, 'vocoder_num_langs', 'lang_embed_dim'),
    firstChannels,
    levels,
    blocks: blocksOf(config),
    leakySlope: slopeOf(config),
    // The authors' second convolution keeps the length with three taps only.
    durationKernel: config.oneOf('variance_predictor_kernel_size', [3]),
  };
}

function levelsOf(config: ConfigReader, firstChannels: number): readonly VocoderLevel[] {
  const strides = config.integers('upsample_rates', 64);
  const kernels = config.integers('upsample_kernel_sizes', 256);
  if (strides.length > 8) config.fail('upsample_rates', `${strides.length} levels`, 'at most 8');
  if (kernels.length !== strides.length) {
    config.fail('upsample_kernel_sizes', `${kernels.length} kernels`, `${strides.length}, one for each level`);
  }
  const hopSamples = strides.reduce((product, stride) => product * stride, 1);
  if (hopSamples > 65_536) config.fail('upsample_rates', `${hopSamples} samples in a frame`, 'at most 65536');
  return strides.map((stride, i) => {
    const kernel = kernels[i]!;
    // Of an odd difference the authors' layer gives a sample more than the units stand for.
    if (kernel < stride || (kernel - stride) % 2 !== 0) {
      config.fail('upsample_kernel_sizes', `${kernel} taps for ${stride}`, 'the rate and an even number of taps more');
    }
    const channels = Math.floor(firstChannels / 2 ** (i + 1));
    if (channels < 1) config.fail('upsample_initial_channel', String(firstChannels), `at least ${2 ** (i + 1)}`);
    return { stride, kernel, inChannels: Math.floor(firstChannels / 2 ** i), channels };
  });
}

function blocksOf(config: ConfigReader): readonly ResidualBlockShape[] {
  const kernels = config.integers('resblock_kernel_sizes', 63);
  const field = 'resblock_dilation_sizes';
  const given = config.value(field);
  const isList = (value: unknown): value is readonly number[] =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= 16 &&
    value.every((dilation) => Number.isInteger(dilation) && dilation >= 1 && dilation <= 64);
  if (!Array.isArray(given) || given.length !== kernels.length || !given.every(isList)) {
    return config.fail(
      field,
      (JSON.stringify(given) ?? 'nothing').slice(0, 100),
      `${kernels.length} lists of dilations`,
    );
  }
  return kernels.map((kernel, i) => {
    if (kernel % 2 === 0) config.fail('resblock_kernel_sizes', String(kernel), 'odd kernels');
    return { kernel, dilations: given[i] as readonly number[] };
  });
}

function tableOf(config: ConfigReader, countField: string, widthField: string): VoiceTable {
  const width = config.integer(widthField, 65_536, 0);
  return { width, count: width === 0 ? 0 : config.integer(countField, 1_000_000) };
}

function slopeOf(config: ConfigReader): number {
  const slope = config.number('leaky_relu_slope');
  return slope >= 0 && slope <= 1 ? slope : config.fail('leaky_relu_slope', String(slope), 'from 0 to 1');
}
