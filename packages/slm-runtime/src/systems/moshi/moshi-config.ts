import { type ConfigReader, readConfig } from '@speech-tokens/onnx-graph';

/** A Moshi, as its networks follow from `config.json`. */
export interface MoshiConfig {
  readonly backbone: MoshiTransformer & { readonly windowPositions: number; readonly maxPeriod: number };
  readonly depth: MoshiTransformer;
  /** Ids of the text stream that have a meaning; one more marks its start. */
  readonly textVocabularySize: number;
  /** Ids of each codebook that have a sound; one more marks its start. */
  readonly codebookSize: number;
  /** Codebooks that go in: the model's own, then the user's. */
  readonly codebookCount: number;
  /** The first of them, which the model says. */
  readonly ownCodebookCount: number;
  /** Steps by which each stream is late: text, then the codebooks. */
  readonly delaySteps: readonly number[];
}

export interface MoshiTransformer {
  readonly width: number;
  readonly layerCount: number;
  readonly headCount: number;
  /** Values between the two matrices of a gated feed-forward part. */
  readonly feedForwardWidth: number;
}

/** Norms of the 32 bit kind have another epsilon than the authors' usual one. */
export const moshiNormEpsilon = 1e-8;

/**
 * Reads the fields of `config.json` as the authors' repositories have it.
 * Source: kyutai-labs/moshi, moshi/moshi/models/loaders.py (`_lm_kwargs`) and lm.py.
 * @throws SpeechTokensError `checkpoint-invalid` that names the field
 */
export function parseMoshiConfig(text: string, path: string): MoshiConfig {
  const config = readConfig(text, path, 'Moshi');
  const { integer, oneOf } = config;
  oneOf('gating', ['silu']);
  oneOf('norm', ['rms_norm_f32']);
  oneOf('positional_embedding', ['rope']);
  oneOf('depformer_pos_emb', ['none']);
  oneOf('depformer_gating', ['silu']);
  oneOf('depformer_multi_linear', [true]);
  oneOf('depformer_weights_per_step', [true]);
  for (const field of ['cross_attention', 'demux_second_stream', 'depformer_low_rank_embeddings', 'conditioners']) {
    if (isSet(config.value(field))) config.fail(field, JSON.stringify(config.value(field)), 'a model without it');
  }
  for (const field of ['layer_scale', 'depformer_layer_scale']) oneOf(field, [null]);
  const codebookCount = integer('n_q', 256);
  const delays = config.value('delays');
  const isDelay = (delay: unknown): delay is number => Number.isInteger(delay) && (delay as number) >= 0;
  if (!Array.isArray(delays) || delays.length !== codebookCount + 1 || !delays.every(isDelay)) {
    config.fail('delays', JSON.stringify(delays) ?? 'nothing', `${codebookCount + 1} whole numbers of steps`);
  }
  return {
    backbone: {
      ...transformer(config, { width: 'dim', headCount: 'num_heads', layerCount: 'num_layers' }, (width) =>
        Math.trunc(config.number('hidden_scale') * width),
      ),
      windowPositions: integer('context', 1_048_576),
      maxPeriod: config.number('max_period'),
    },
    depth: transformer(
      config,
      { width: 'depformer_dim', headCount: 'depformer_num_heads', layerCount: 'depformer_num_layers' },
      () => integer('depformer_dim_feedforward', 1_048_576),
    ),
    textVocabularySize: integer('text_card', 16_777_216),
    codebookSize: integer('card'),
    codebookCount,
    ownCodebookCount: integer('dep_q', codebookCount),
    delaySteps: delays as readonly number[],
  };
}

function transformer(
  config: ConfigReader,
  fields: { readonly width: string; readonly headCount: string; readonly layerCount: string },
  outerWidth: (width: number) => number,
): MoshiTransformer {
  const width = config.integer(fields.width);
  const headCount = config.integer(fields.headCount, 1024);
  if (width % headCount !== 0) config.fail(fields.width, String(width), `a multiple of ${headCount}`);
  const outer = outerWidth(width);
  return {
    width,
    headCount,
    layerCount: config.integer(fields.layerCount, 1024),
    // Source: moshi/modules/gating.py: as many weights as a part without a gate has.
    feedForwardWidth: outer === 4 * width ? Math.floor((21 * width) / 8) : Math.floor((2 * outer) / 3),
  };
}

function isSet(value: unknown): boolean {
  return (
    value !== undefined &&
    value !== null &&
    value !== false &&
    !(typeof value === 'object' && Object.keys(value).length === 0)
  );
}
