import type { ConfigReader } from '@speech-tokens/onnx-graph';

/** A decoder-only transformer, as far as its layers follow from a checkpoint's `config.json`. */
export interface DecoderConfig {
  readonly width: number;
  readonly layerCount: number;
  readonly headCount: number;
  /** Heads of keys and values, each shared by `headCount / keyValueHeadCount` heads of queries. */
  readonly keyValueHeadCount: number;
  readonly headWidth: number;
  readonly feedForwardWidth: number;
  readonly normEpsilon: number;
  readonly rotary: RotaryConfig;
  /** Positions that the checkpoint was made for. */
  readonly contextPositions: number;
  /** Positions that one sees, its own included; all where absent. */
  readonly windowPositions?: number;
  readonly biases: { readonly queryKeyValue: boolean; readonly output: boolean; readonly feedForward: boolean };
  /** Norms of each head's queries and keys (Qwen 3). */
  readonly hasQueryKeyNorms: boolean;
  /** Norms of what attention and feed-forward part give, before it is added (GLM-4). */
  readonly hasOutputNorms: boolean;
  /** One matrix for gate and value of the feed-forward part (GLM-4). */
  readonly hasJointGate: boolean;
}

export interface RotaryConfig {
  readonly theta: number;
  /** How many of a head's values are turned, from the first on. */
  readonly width: number;
  /** Pairs of neighbours (2 i, 2 i + 1) instead of halves (i, i + width / 2). */
  readonly isInterleaved: boolean;
  readonly scaling?: Llama3Scaling;
}

/** Longer wavelengths stretched, as Llama 3.1 does. */
export interface Llama3Scaling {
  readonly factor: number;
  readonly lowFrequencyFactor: number;
  readonly highFrequencyFactor: number;
  readonly originalPositions: number;
}

/** What a model type has beside the fields of its configuration. */
interface Family {
  readonly queryKeyValueBias?: boolean;
  readonly hasQueryKeyNorms?: boolean;
  readonly hasOutputNorms?: boolean;
  readonly isInterleaved?: boolean;
  readonly hasJointGate?: boolean;
}

/** Source: huggingface/transformers, `models/<type>/modeling_<type>.py`. */
const families: Readonly<Record<string, Family>> = {
  llama: {},
  mistral: {},
  csm: {},
  csm_depth_decoder_model: {},
  qwen2: { queryKeyValueBias: true },
  qwen3: { hasQueryKeyNorms: true },
  glm: { isInterleaved: true, hasJointGate: true },
  glm4: { isInterleaved: true, hasJointGate: true, hasOutputNorms: true },
};

/**
 * Reads the fields of a decoder, in the names that the hub's checkpoints have, old and new.
 * @param section where the decoder is described, for example `depth_decoder_config`; the whole file where empty
 * @throws SpeechTokensError `checkpoint-invalid` that names the field
 */
export function readDecoderConfig(config: ConfigReader, section = ''): DecoderConfig {
  const at = (field: string): string => (section === '' ? field : `${section}.${field}`);
  const { integer } = config;
  const isGiven = (field: string): boolean => (config.value(at(field)) ?? null) !== null;
  const flag = (field: string): boolean => isGiven(field) && config.boolean(at(field));
  const family = families[config.oneOf(at('model_type'), Object.keys(families))]!;
  config.oneOf(at('hidden_act'), ['silu']);

  const width = integer(at('hidden_size'));
  const headCount = integer(at('num_attention_heads'), 1024);
  const keyValueHeadCount = isGiven('num_key_value_heads') ? integer(at('num_key_value_heads'), headCount) : headCount;
  if (headCount % keyValueHeadCount !== 0) {
    config.fail(at('num_key_value_heads'), String(keyValueHeadCount), `a divisor of ${headCount}`);
  }
  const headWidth = isGiven('head_dim') ? integer(at('head_dim'), 1024) : width / headCount;
  if (!Number.isInteger(headWidth) || headWidth % 2 !== 0) {
    config.fail(at('hidden_size'), String(width), `an even multiple of ${headCount}`);
  }
  const windowPositions = readWindow(config, at);
  return {
    width,
    layerCount: integer(at('num_hidden_layers'), 1024),
    headCount,
    keyValueHeadCount,
    headWidth,
    feedForwardWidth: integer(at('intermediate_size'), 1_048_576),
    normEpsilon: config.number(at('rms_norm_eps')),
    rotary: readRotary(config, at, headWidth, family.isInterleaved ?? false),
    contextPositions: integer(at('max_position_embeddings'), 16_777_216),
    ...(windowPositions === undefined ? {} : { windowPositions }),
    biases: {
      queryKeyValue: family.queryKeyValueBias ?? flag('attention_bias'),
      // GLM-4 has its `attention_bias` in queries, keys and values alone.
      output: family.queryKeyValueBias !== true && family.hasJointGate !== true && flag('attention_bias'),
      feedForward: flag('mlp_bias'),
    },
    hasQueryKeyNorms: family.hasQueryKeyNorms ?? false,
    hasOutputNorms: family.hasOutputNorms ?? false,
    hasJointGate: family.hasJointGate ?? false,
  };
}

/** Qwen names a window that is in force only where it says so; nobody uses it for some layers alone. */
function readWindow(config: ConfigReader, at: (field: string) => string): number | undefined {
  if ((config.value(at('sliding_window')) ?? null) === null) return undefined;
  if (config.value(at('use_sliding_window')) === false) return undefined;
  const layerTypes = config.value(at('layer_types'));
  if (Array.isArray(layerTypes) && new Set(layerTypes).size > 1) {
    config.fail(at('layer_types'), 'layers of several kinds', 'one kind of attention in all layers');
  }
  return config.integer(at('sliding_window'), 16_777_216);
}

function readRotary(
  config: ConfigReader,
  at: (field: string) => string,
  headWidth: number,
  isInterleaved: boolean,
): RotaryConfig {
  // Checkpoints of before transformers 5 have `rope_theta` and, where it is scaled, `rope_scaling`.
  const isNew = (config.value(at('rope_parameters')) ?? null) !== null;
  const group = isNew ? 'rope_parameters' : 'rope_scaling';
  const field = (name: string): string => at(`${group}.${name}`);
  const isScaled = (config.value(at(group)) ?? null) !== null;
  const kind = isScaled
    ? config.oneOf(config.value(field('rope_type')) === undefined ? field('type') : field('rope_type'), [
        'default',
        'llama3',
      ])
    : 'default';
  const theta = config.number(isNew ? field('rope_theta') : at('rope_theta'));
  const share = config.value(at('partial_rotary_factor')) ?? (isNew ? config.value(field('partial_rotary_factor')) : 1);
  const width = Math.trunc(headWidth * (typeof share === 'number' ? share : 1));
  if (width < 2 || width > headWidth || width % 2 !== 0) {
    config.fail(at('partial_rotary_factor'), String(share), `an even number of a head's ${headWidth} values`);
  }
  return {
    theta,
    width,
    isInterleaved,
    ...(kind === 'default'
      ? {}
      : {
          scaling: {
            factor: config.number(field('factor')),
            lowFrequencyFactor: config.number(field('low_freq_factor')),
            highFrequencyFactor: config.number(field('high_freq_factor')),
            originalPositions: config.integer(field('original_max_position_embeddings'), 16_777_216),
          },
        }),
  };
}
