import { type ConfigReader, readConfig } from '@speech-tokens/onnx-graph';

/** `config.json` of SNAC: the arguments of the authors' model class. */
export interface SnacConfig {
  readonly sampleRateHz: number;
  /** Samples of one position of the latent signal: the product of the encoder's rates. */
  readonly hopSamples: number;
  readonly encoder: { readonly channels: number; readonly rates: readonly number[] };
  readonly decoder: { readonly channels: number; readonly rates: readonly number[] };
  readonly latentWidth: number;
  /** Positions that attend to each other; absent where there is no attention. */
  readonly attentionWindow?: number;
  readonly codebookSize: number;
  readonly codebookWidth: number;
  /** Positions that one code of each codebook spans, coarse first. */
  readonly codebookStrides: readonly number[];
  readonly hasNoise: boolean;
  /** Whether the convolutions with 7 taps take each channel by itself. */
  readonly isDepthwise: boolean;
}

/** Channels of one head of attention. Source: hubertsiuzdak/snac, snac/attention.py. */
export const headWidth = 64;

/**
 * Positions that are encoded as a whole: the authors' code pads audio with silence up to a multiple of them.
 * Source: hubertsiuzdak/snac, snac/snac.py, `preprocess`.
 */
export function blockPositions({ codebookStrides, attentionWindow = 1 }: SnacConfig): number {
  return leastCommonMultiple(codebookStrides[0]!, attentionWindow);
}

/**
 * Reads `config.json`.
 * @throws SpeechTokensError `checkpoint-invalid` that names the field
 */
export function parseSnacConfig(text: string, path: string): SnacConfig {
  const config = readConfig(text, path, 'SNAC codec');
  const encoder = { channels: config.integer('encoder_dim', 8192), rates: readRates(config, 'encoder_rates') };
  const decoder = { channels: config.integer('decoder_dim'), rates: readRates(config, 'decoder_rates') };
  const hopSamples = product(encoder.rates);
  if (product(decoder.rates) !== hopSamples) {
    config.fail('decoder_rates', `a product of ${product(decoder.rates)}`, `${hopSamples}, that of encoder_rates`);
  }
  const halvings = 2 ** decoder.rates.length;
  if (decoder.channels % halvings !== 0) {
    config.fail('decoder_dim', String(decoder.channels), `a multiple of ${halvings}: each block halves the channels`);
  }
  const encodedWidth = encoder.channels * 2 ** encoder.rates.length;
  const latentWidth = isAbsent(config, 'latent_dim') ? encodedWidth : config.integer('latent_dim', 2 ** 20);
  if (latentWidth !== encodedWidth) {
    config.fail('latent_dim', String(latentWidth), `${encodedWidth}, the channels that the encoder ends with`);
  }
  const attentionWindow = readAttentionWindow(config, [encodedWidth, decoder.channels]);
  return {
    sampleRateHz: config.integer('sampling_rate', 768_000),
    hopSamples,
    encoder,
    decoder,
    latentWidth,
    ...(attentionWindow === undefined ? {} : { attentionWindow }),
    codebookSize: config.integer('codebook_size', 2 ** 20),
    codebookWidth: config.integer('codebook_dim', 1024),
    codebookStrides: readStrides(config),
    hasNoise: flag(config, 'noise'),
    isDepthwise: flag(config, 'depthwise'),
  };
}

function readRates(config: ConfigReader, field: string): readonly number[] {
  const rates = config.integers(field, 64);
  // Kernels are twice the rate; the authors' padding keeps the length from a rate of 2 on.
  if (rates.includes(1)) config.fail(field, JSON.stringify(rates), 'rates of at least 2');
  if (rates.length > 8 || product(rates) > 65_536) {
    config.fail(field, `${rates.length} rates with a product of ${product(rates)}`, 'up to 8, of 65,536 together');
  }
  return rates;
}

function readStrides(config: ConfigReader): readonly number[] {
  const strides = config.integers('vq_strides', 256);
  const [coarsest] = strides;
  if (strides.some((stride, k) => coarsest! % stride !== 0 || stride > strides[Math.max(0, k - 1)]!)) {
    config.fail('vq_strides', JSON.stringify(strides), 'strides from coarse to fine that divide the first');
  }
  return strides;
}

/** The class takes 32 where the field is absent; `null` stands for no attention. */
function readAttentionWindow(config: ConfigReader, widths: readonly number[]): number | undefined {
  const found = config.value('attn_window_size');
  if (found === null) return undefined;
  const window = found === undefined ? 32 : config.integer('attn_window_size', 1024);
  const odd = widths.find((width) => width % headWidth !== 0);
  if (odd !== undefined) {
    config.fail(
      'attn_window_size',
      `attention over ${odd} channels`,
      `null, or channels that are a multiple of ${headWidth}`,
    );
  }
  return window;
}

/** The class takes `true` where the field is absent. */
function flag(config: ConfigReader, field: string): boolean {
  return config.value(field) === undefined || config.boolean(field);
}

function isAbsent(config: ConfigReader, field: string): boolean {
  const found = config.value(field);
  return found === undefined || found === null;
}

function product(values: readonly number[]): number {
  return values.reduce((total, value) => total * value, 1);
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
