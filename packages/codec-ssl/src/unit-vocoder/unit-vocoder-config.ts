import { type ConfigReader, type ExcitationConfig, readConfig, readExcitationConfig } from '@speech-tokens/onnx-graph';

/** `config.json` of the project's own unit vocoder. */
export interface UnitVocoderConfig {
  readonly sampleRateHz: number;
  /** Samples of a unit; even, as spectra have half of it. */
  readonly hopSamples: number;
  /** Samples that a unit was made from, see `TokenSpace.windowSamples`. */
  readonly windowSamples: number;
  /** The sets of units that it has embeddings for: how many, and the id of their token space. */
  readonly units: readonly { readonly count: number; readonly tokenSpaceId: string }[];
  /** Names of the voices, in the order of their rows; the first is meant where none is named. */
  readonly voices: readonly string[];
  readonly spectrum: { readonly windowSamples: number; readonly logMagnitudeCap: number };
  /** At the rate of the units. */
  readonly slow: VocoderBlocks;
  /** At twice that rate. */
  readonly fast: VocoderBlocks;
  readonly excitation: ExcitationConfig;
}

/** A stack of ConvNeXt blocks, each of which sees `lookaheadFrames` frames to come, at its own rate. */
export interface VocoderBlocks {
  readonly channels: number;
  readonly blocks: number;
  readonly expansion: number;
  readonly kernelFrames: number;
  readonly lookaheadFrames: number;
}

/** Units by which the sound lies behind: what all blocks see ahead. */
export function delayFrames({ slow, fast }: Pick<UnitVocoderConfig, 'slow' | 'fast'>): number {
  return slow.blocks * slow.lookaheadFrames + (fast.blocks * fast.lookaheadFrames) / 2;
}

/**
 * Reads `config.json`.
 * @throws SpeechTokensError `checkpoint-invalid` that names the field
 */
export function parseUnitVocoderConfig(text: string, path: string): UnitVocoderConfig {
  const config = readConfig(text, path, 'unit vocoder of this project');
  const { integer, number, fail } = config;
  config.oneOf('model_type', ['speech-tokens-unit-vocoder']);
  config.oneOf('format_version', [1]);
  const hopSamples = integer('hop_samples');
  if (hopSamples % 32 !== 0) fail('hop_samples', String(hopSamples), 'a multiple of 32');
  const windowSamples = integer('window_samples');
  if (windowSamples % (hopSamples / 2) !== 0) {
    fail('window_samples', String(windowSamples), `a multiple of ${hopSamples / 2}, the hop of the spectrum`);
  }
  const fast = blocksOf(config, 'fast');
  if ((fast.blocks * fast.lookaheadFrames) % 2 !== 0) {
    fail('fast.lookahead_frames', String(fast.lookaheadFrames), 'an even number of frames in all blocks together');
  }
  return {
    sampleRateHz: integer('sample_rate_hz', 768_000),
    hopSamples,
    windowSamples: integer('unit_window_samples', 2 * hopSamples, hopSamples),
    units: unitsOf(config),
    voices: namesOf(config, 'voices'),
    spectrum: { windowSamples, logMagnitudeCap: number('log_magnitude_cap') },
    slow: blocksOf(config, 'slow'),
    fast,
    excitation: readExcitationConfig(config, 'excitation'),
  };
}

function blocksOf({ integer, fail }: ConfigReader, stack: 'slow' | 'fast'): VocoderBlocks {
  const kernelFrames = integer(`${stack}.kernel_frames`, 64);
  const lookaheadFrames = integer(`${stack}.lookahead_frames`, 63, 0);
  if (lookaheadFrames >= kernelFrames) {
    fail(`${stack}.lookahead_frames`, String(lookaheadFrames), `less than the ${kernelFrames} frames of the kernel`);
  }
  return {
    channels: integer(`${stack}.channels`),
    blocks: integer(`${stack}.blocks`, 256),
    expansion: integer(`${stack}.expansion`, 16),
    kernelFrames,
    lookaheadFrames,
  };
}

function unitsOf(config: ConfigReader): UnitVocoderConfig['units'] {
  const counts = config.integers('unit_counts');
  const ids = namesOf(config, 'unit_spaces');
  if (ids.length !== counts.length || new Set(counts).size !== counts.length) {
    config.fail('unit_counts', JSON.stringify(counts), `${ids.length} different counts, one for each of unit_spaces`);
  }
  return counts.map((count, i) => ({ count, tokenSpaceId: ids[i]! }));
}

function namesOf({ value, fail }: ConfigReader, field: string): readonly string[] {
  const names = value(field);
  const isName = (name: unknown): boolean => typeof name === 'string' && name !== '';
  const fits = Array.isArray(names) && names.length > 0 && names.length <= 65_536 && names.every(isName);
  if (fits && new Set(names).size === names.length) return names as readonly string[];
  return fail(field, (JSON.stringify(names) ?? 'nothing').slice(0, 100), 'a list of different names');
}
