import { type ConfigReader, readConfig } from '@speech-tokens/onnx-graph';

/** `config.json` of an EnCodec checkpoint in the hub's format, as far as the networks follow from it. */
export interface EncodecConfig {
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly hopSamples: number;
  readonly codebookCount: number;
  readonly codebookSize: number;
  /** Width of the latents and of the codebooks. */
  readonly latentWidth: number;
  /** Channels at the sample rate; twice as many after each downsampling. */
  readonly filterCount: number;
  /** Strides of the decoder, in its order; the encoder has them backwards. Their product is the hop. */
  readonly ratios: readonly number[];
  readonly residualLayerCount: number;
  readonly residualKernelSize: number;
  /** Dilation of residual layer j: this number to the power of j. */
  readonly dilationGrowth: number;
  /** How many times fewer channels the middle of a residual layer has. */
  readonly compress: number;
  /** Whether a residual layer's input passes a convolution on its way around. */
  readonly hasConvShortcut: boolean;
  readonly kernelSize: number;
  readonly lastKernelSize: number;
  readonly lstmLayerCount: number;
  readonly isCausal: boolean;
  readonly norm: 'weight_norm' | 'time_group_norm';
  /** Whether audio is divided by its loudness before it is coded. */
  readonly isNormalized: boolean;
  /** Present where audio is coded in overlapping segments, each by itself. */
  readonly segments?: { readonly lengthSamples: number; readonly strideSamples: number };
}

/** What sets the models of the authors apart. */
export type EncodecKind = 'causal' | 'segmented' | 'whole';

/**
 * Reads `config.json`. Field names and defaults: huggingface/transformers, models/encodec/configuration_encodec.py.
 * @param kind what the family builds; a configuration of another kind is refused
 * @throws SpeechTokensError `checkpoint-invalid` that names the field
 */
export function parseEncodecConfig(text: string, path: string, kind: EncodecKind): EncodecConfig {
  const config = readConfig(text, path, 'EnCodec of this family');
  const { integer, oneOf } = config;
  oneOf('model_type', ['encodec']);
  oneOf('pad_mode', ['reflect']);
  const isCausal = oneOf('use_causal_conv', [kind === 'causal']);
  if (isCausal) oneOf('trim_right_ratio', [1]);
  const sampleRateHz = integer('sampling_rate', 768_000);
  const ratios = config.integers('upsampling_ratios', 1_024);
  if (ratios.length > 8) config.fail('upsampling_ratios', `${ratios.length} of them`, 'at most 8');
  const hopSamples = ratios.reduce((product, ratio) => product * ratio, 1);
  if (hopSamples > sampleRateHz) config.fail('upsampling_ratios', `a hop of ${hopSamples}`, 'a hop below one second');
  const codebookSize = powerOfTwo(config, 'codebook_size');
  const latentWidth = integer('hidden_size');
  if (!isAbsent(config.value('codebook_dim'))) oneOf('codebook_dim', [latentWidth]);
  const shape = {
    sampleRateHz,
    hopSamples,
    codebookSize,
    latentWidth,
    ratios,
    isCausal,
    channelCount: kind === 'segmented' ? integer('audio_channels', 2) : oneOf('audio_channels', [1]),
    codebookCount: codebookCount(config, Math.ceil(sampleRateHz / hopSamples) * Math.log2(codebookSize)),
    filterCount: integer('num_filters', 4_096),
    residualLayerCount: integer('num_residual_layers', 64, 0),
    residualKernelSize: integer('residual_kernel_size', 1_024),
    dilationGrowth: integer('dilation_growth_rate', 64),
    compress: integer('compress', 4_096),
    hasConvShortcut: config.value('use_conv_shortcut') === undefined || config.boolean('use_conv_shortcut'),
    kernelSize: integer('kernel_size', 1_024),
    lastKernelSize: integer('last_kernel_size', 1_024),
    lstmLayerCount: integer('num_lstm_layers', 64),
    norm: oneOf('norm_type', kind === 'causal' ? ['weight_norm'] : ['weight_norm', 'time_group_norm']),
    isNormalized: oneOf('normalize', kind === 'segmented' ? [false, true] : [false]),
  };
  const reach = shape.residualKernelSize * shape.dilationGrowth ** Math.max(0, shape.residualLayerCount - 1);
  if (reach > 65_536) config.fail('dilation_growth_rate', `a reach of ${reach} samples`, 'at most 65,536');
  if (kind === 'segmented') return { ...shape, segments: segments(config, sampleRateHz) };
  if (!isAbsent(config.value('chunk_length_s'))) oneOf('chunk_length_s', [null]);
  return shape;
}

function segments(config: ConfigReader, sampleRateHz: number): NonNullable<EncodecConfig['segments']> {
  const lengthSamples = Math.trunc(config.number('chunk_length_s') * sampleRateHz);
  const overlap = config.number('overlap');
  // Segments of a minute would no longer keep memory small.
  if (lengthSamples < 1 || lengthSamples > 60 * sampleRateHz) {
    config.fail('chunk_length_s', String(config.number('chunk_length_s')), 'up to 60 seconds');
  }
  if (overlap < 0 || overlap > 0.5) config.fail('overlap', String(overlap), '0 to 0.5');
  return { lengthSamples, strideSamples: Math.max(1, Math.trunc((1 - overlap) * lengthSamples)) };
}

/** As many as fit the greatest bandwidth. */
function codebookCount(config: ConfigReader, bitsPerSecond: number): number {
  const bandwidths = config.value('target_bandwidths');
  const greatest: unknown = Array.isArray(bandwidths) ? bandwidths.at(-1) : undefined;
  const count = typeof greatest === 'number' ? Math.floor((1_000 * greatest) / bitsPerSecond) : 0;
  if (count >= 1 && count <= 256) return count;
  const wanted = `a list that ends with a bandwidth in kbit/s of 1 to 256 codebooks of ${bitsPerSecond} bit/s`;
  return config.fail('target_bandwidths', JSON.stringify(bandwidths)?.slice(0, 100) ?? 'nothing', wanted);
}

function powerOfTwo(config: ConfigReader, field: string): number {
  const value = config.integer(field, 2 ** 24, 2);
  return Number.isInteger(Math.log2(value)) ? value : config.fail(field, String(value), 'a power of two');
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
