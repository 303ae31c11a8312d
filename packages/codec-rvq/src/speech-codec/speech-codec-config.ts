import { readConfig, readExcitationConfig, type SourceFilterConfig } from '@speech-tokens/onnx-graph';

/** `config.json` of the project's own speech codec. */
export interface SpeechCodecConfig {
  readonly sampleRateHz: number;
  readonly hopSamples: number;
  /** Samples past the end of a frame that its codes depend on; a multiple of the hop. */
  readonly lookaheadSamples: number;
  readonly codebookCount: number;
  readonly codebookSize: number;
  readonly latentWidth: number;
  readonly encoder: {
    readonly windowSamples: number;
    readonly powerEpsilon: number;
    readonly logOffset: number;
    readonly logScale: number;
    readonly compressionExponent: number;
    readonly fast: BlockStackConfig;
    readonly slow: BlockStackConfig;
  };
  readonly decoder: {
    readonly inputKernelFrames: number;
    /** Frames that the sound lies behind the codes. */
    readonly lookaheadFrames: number;
    readonly sourceFilter: SourceFilterConfig;
    readonly slow: BlockStackConfig;
    readonly fast: BlockStackConfig;
  };
}

/** A stack of ConvNeXt blocks; `slow` runs at the frame rate, `fast` at twice that. */
export interface BlockStackConfig {
  readonly channels: number;
  readonly blocks: number;
  readonly expansion: number;
  readonly kernelFrames: number;
}

/** Half a frame: the hop of the spectra on both sides. */
export function spectrumHopSamples(config: SpeechCodecConfig): number {
  return config.hopSamples / 2;
}

/**
 * Reads `config.json`.
 * @throws SpeechTokensError `checkpoint-invalid` that names the field
 */
export function parseSpeechCodecConfig(text: string, path: string): SpeechCodecConfig {
  const config = readConfig(text, path, 'speech codec of this family');
  const { number, integer, fail } = config;
  const multiple = (field: string, of: number, what: string): number => {
    const value = integer(field);
    return value % of === 0 ? value : fail(field, String(value), `a multiple of ${of}, ${what}`);
  };
  config.oneOf('model_type', ['speech-tokens-codec']);
  config.oneOf('format_version', [2]);

  const hopSamples = multiple('hop_samples', 32, 'because spectra have half its hop');
  const half = hopSamples / 2;
  for (const side of ['encoder', 'decoder']) {
    if (number(`${side}.hop_samples`) !== half) {
      fail(`${side}.hop_samples`, String(number(`${side}.hop_samples`)), `${half}, half of hop_samples`);
    }
  }
  const stack = (side: string, rate: '50hz' | '100hz'): BlockStackConfig => ({
    channels: integer(`${side}.channels_${rate}`),
    blocks: integer(`${side}.blocks_${rate}`, 256),
    expansion: integer(`${side}.expansion`, 16),
    kernelFrames: integer(`${side}.kernel_frames`, 64),
  });
  const sampleRateHz = integer('sample_rate_hz', 768_000);
  return {
    sampleRateHz,
    hopSamples,
    lookaheadSamples: multiple('lookahead_samples', hopSamples, 'the hop'),
    codebookCount: integer('codebook_count', 256),
    codebookSize: integer('codebook_size', 2 ** 24),
    latentWidth: integer('latent_dim'),
    encoder: {
      windowSamples: multiple('encoder.window_samples', half, 'the hop of the spectrum'),
      powerEpsilon: number('encoder.power_epsilon'),
      logOffset: number('encoder.log_offset'),
      logScale: number('encoder.log_scale'),
      compressionExponent: number('encoder.compression_exponent'),
      fast: stack('encoder', '100hz'),
      slow: stack('encoder', '50hz'),
    },
    decoder: {
      inputKernelFrames: integer('decoder.input_kernel_frames', 64),
      lookaheadFrames: integer('decoder.lookahead_frames', 64, 0),
      sourceFilter: {
        sampleRateHz,
        windowSamples: multiple('decoder.window_samples', half, 'the hop of the spectrum'),
        hopSamples: half,
        logMagnitudeCap: number('decoder.log_magnitude_cap'),
        excitation: readExcitationConfig(config, 'decoder.excitation'),
      },
      slow: stack('decoder', '50hz'),
      fast: stack('decoder', '100hz'),
    },
  };
}
