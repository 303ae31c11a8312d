import { type ConfigReader, readConfig } from '@speech-tokens/onnx-graph';
import type { SpaceShape } from '../family/codec-family.ts';

/** What is needed of the `config.json` beside a published export. */
export interface PublishedConfig {
  readonly sampleRateHz: number;
  /** Hops of the codebooks, in the order of the export's outputs; one where all have the same. */
  readonly hopsSamples: readonly number[];
  readonly codebookSize: number;
  /** The input is padded with zeros to a multiple of this. */
  readonly paddingSamples: number;
  /** Whether each codebook is a tensor of its own (`audio_codes.0`, `audio_codes.1`, …). */
  readonly hasTensorPerCodebook: boolean;
}

/**
 * @throws SpeechTokensError `checkpoint-invalid` when it describes no codec whose exports are known, or one that is
 * not mono
 */
export function parsePublishedConfig(text: string, path: string): PublishedConfig {
  const config = readConfig(text, path, 'codec with published ONNX exports');
  if (config.value('model_type') === undefined && config.value('vq_strides') !== undefined) return snac(config);
  const family = config.oneOf('model_type', ['dac', 'encodec', 'mimi']);
  const sampleRateHz = config.integer('sampling_rate', 768_000);
  if (family === 'encodec') config.oneOf('audio_channels', [1]);
  const hop = { dac: dacHop, encodec: encodecHop, mimi: mimiHop }[family](config, sampleRateHz);
  return {
    sampleRateHz,
    hopsSamples: [hop],
    codebookSize: config.integer('codebook_size', 2 ** 20, 2),
    paddingSamples: hop,
    hasTensorPerCodebook: false,
  };
}

/** One codebook for each of these sizes; multi-rate where hops differ. */
export function publishedSpace(config: PublishedConfig, codebookCount: number): SpaceShape {
  const { sampleRateHz, hopsSamples, codebookSize } = config;
  return {
    sampleRateHz,
    codebooks: Array.from({ length: codebookCount }, (_, k) => ({
      name: `codebook-${k}`,
      size: codebookSize,
      hopSamples: hopsSamples[k] ?? hopsSamples[0]!,
    })),
    // An export decodes the number of codebooks that it was made with.
    prefixDecodable: false,
  };
}

function dacHop(config: ConfigReader): number {
  return product(config.integers('downsampling_ratios', 1_000));
}

function encodecHop(config: ConfigReader): number {
  return product(config.integers('upsampling_ratios', 1_000));
}

function mimiHop(config: ConfigReader, sampleRateHz: number): number {
  const framesPerSecond = config.number('frame_rate');
  const hop = sampleRateHz / framesPerSecond;
  return Number.isInteger(hop) && hop > 0
    ? hop
    : config.fail('frame_rate', String(framesPerSecond), 'a divisor of sampling_rate');
}

/** SNAC pads to whole coarse frames. Source: hubertsiuzdak/snac, snac/snac.py. */
function snac(config: ConfigReader): PublishedConfig {
  // Of the sizes with attention, whose windows reach past the last frame, no exports are published.
  config.oneOf('attn_window_size', [null]);
  const hop = product(config.integers('encoder_rates', 1_000));
  const strides = config.integers('vq_strides', 1_000);
  return {
    sampleRateHz: config.integer('sampling_rate', 768_000),
    hopsSamples: strides.map((stride) => stride * hop),
    codebookSize: config.integer('codebook_size', 2 ** 20, 2),
    paddingSamples: hop * strides[0]!,
    hasTensorPerCodebook: true,
  };
}

function product(values: readonly number[]): number {
  return values.reduce((all, value) => all * value, 1);
}
