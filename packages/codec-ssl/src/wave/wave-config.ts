import { type ConfigReader, readConfig } from '@speech-tokens/onnx-graph';

/** What the layers add to their input, or to each other. */
export type WaveKind = 'hubert' | 'wav2vec2' | 'wavlm' | 'data2vec-audio';

/** `config.json` of an encoder that sees the samples themselves, as far as the network follows from it. */
export interface WaveConfig {
  readonly kind: WaveKind;
  readonly convolutions: readonly StridedConvolution[];
  readonly hasConvolutionBias: boolean;
  /** `group`: the first convolution is normalised over the whole recording; `layer`: each one, frame by frame. */
  readonly convolutionNorm: 'group' | 'layer';
  /** Whether features are normalised before they are projected to the width of the layers. */
  readonly hasProjectionNorm: boolean;
  readonly positions: PositionalConvolution;
  readonly layers: LayersConfig;
  /** WavLM's biases by distance. */
  readonly relativeBias?: { readonly bucketCount: number; readonly maximumDistance: number };
}

export interface StridedConvolution {
  readonly channels: number;
  readonly kernelSize: number;
  readonly stride: number;
}

export interface PositionalConvolution {
  readonly kernelSize: number;
  readonly groups: number;
  /** One with weight norm; data2vec has several, each normalised over its channels. */
  readonly count: number;
  readonly isStacked: boolean;
}

export interface LayersConfig {
  readonly count: number;
  readonly width: number;
  readonly headCount: number;
  readonly feedForwardWidth: number;
  readonly normEpsilon: number;
  /** Norms before attention and feed-forward (large models), or after the sums. */
  readonly normsFirst: boolean;
}

const kinds: readonly WaveKind[] = ['hubert', 'wav2vec2', 'wavlm', 'data2vec-audio'];

export function isWaveKind(modelType: unknown): modelType is WaveKind {
  return kinds.includes(modelType as WaveKind);
}

/**
 * Reads `config.json`. Field names and defaults: huggingface/transformers, `models/hubert/configuration_hubert.py` and
 * its siblings for wav2vec2, wavlm and data2vec.
 * @throws SpeechTokensError `checkpoint-invalid` that names the field
 */
export function parseWaveConfig(text: string, path: string): WaveConfig {
  const config = readConfig(text, path, 'speech encoder');
  const kind = config.oneOf('model_type', kinds);
  const isStacked = kind === 'data2vec-audio';
  if (has(config, 'hidden_act')) config.oneOf('hidden_act', ['gelu']);
  if (has(config, 'feat_extract_activation')) config.oneOf('feat_extract_activation', ['gelu']);
  if (has(config, 'adapter_attn_dim'))
    config.fail('adapter_attn_dim', 'an adapter', 'none: adapters are not supported');
  if (has(config, 'conv_pos_batch_norm')) config.oneOf('conv_pos_batch_norm', [false]);

  const layers = layersConfig(config, isStacked);
  const positions = isStacked
    ? {
        kernelSize: config.integer('conv_pos_kernel_size', 4_096),
        count: config.integer('num_conv_pos_embeddings', 64),
      }
    : { kernelSize: config.integer('num_conv_pos_embeddings', 4_096), count: 1 };
  const groups = config.integer('num_conv_pos_embedding_groups', layers.width);
  if (layers.width % groups !== 0) {
    config.fail('num_conv_pos_embedding_groups', String(groups), `a divisor of ${layers.width}`);
  }
  return {
    kind,
    convolutions: convolutions(config),
    hasConvolutionBias: booleanOr(config, 'conv_bias', false),
    convolutionNorm: isStacked ? 'layer' : config.oneOf('feat_extract_norm', ['group', 'layer']),
    hasProjectionNorm: kind === 'hubert' ? booleanOr(config, 'feat_proj_layer_norm', true) : true,
    positions: { ...positions, groups, isStacked },
    layers,
    ...(kind === 'wavlm'
      ? {
          relativeBias: {
            bucketCount: evenInteger(config, 'num_buckets'),
            maximumDistance: config.integer('max_bucket_distance'),
          },
        }
      : {}),
  };
}

function convolutions(config: ConfigReader): readonly StridedConvolution[] {
  const channels = config.integers('conv_dim', 16_384);
  const kernels = config.integers('conv_kernel', 1_024);
  const strides = config.integers('conv_stride', 1_024);
  for (const [field, list] of [
    ['conv_kernel', kernels],
    ['conv_stride', strides],
  ] as const) {
    if (list.length !== channels.length)
      config.fail(field, `${list.length} of them`, `${channels.length}, as conv_dim`);
  }
  const hop = strides.reduce((product, stride) => product * stride, 1);
  if (hop > 65_536) config.fail('conv_stride', `a hop of ${hop} samples`, 'at most 65,536');
  return channels.map((count, i) => ({ channels: count, kernelSize: kernels[i]!, stride: strides[i]! }));
}

function layersConfig(config: ConfigReader, isStacked: boolean): LayersConfig {
  const width = config.integer('hidden_size');
  const headCount = config.integer('num_attention_heads', width);
  if (width % headCount !== 0) config.fail('num_attention_heads', String(headCount), `a divisor of ${width}`);
  const normEpsilon = has(config, 'layer_norm_eps') ? config.number('layer_norm_eps') : 1e-5;
  if (normEpsilon <= 0 || normEpsilon > 1) config.fail('layer_norm_eps', String(normEpsilon), 'a number from 0 to 1');
  return {
    count: config.integer('num_hidden_layers', 512),
    width,
    headCount,
    feedForwardWidth: config.integer('intermediate_size', 2 ** 20),
    normEpsilon,
    normsFirst: isStacked ? false : booleanOr(config, 'do_stable_layer_norm', false),
  };
}

function evenInteger(config: ConfigReader, field: string): number {
  const value = config.integer(field);
  return value % 4 === 0 ? value : config.fail(field, String(value), 'a multiple of 4');
}

function booleanOr(config: ConfigReader, field: string, otherwise: boolean): boolean {
  return has(config, field) ? config.boolean(field) : otherwise;
}

function has(config: ConfigReader, field: string): boolean {
  const value = config.value(field);
  return value !== undefined && value !== null;
}
