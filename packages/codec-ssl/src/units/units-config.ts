import { readConfig } from '@speech-tokens/onnx-graph';

/** `units.json`: which layer of which encoder, and which centroids, make the units of a folder. */
export interface UnitsConfig {
  /** As in `OpenFeatureEncoderOptions.layer`. */
  readonly layer: number;
  /** The file of the centroids, from the folder of units.json. */
  readonly centroids: string;
  /** The folder of the encoder, from the folder of units.json; the same one by default. */
  readonly encoder: string;
  /** As in `OpenFeatureEncoderOptions.normalizeWaveform`. */
  readonly normalizeWaveform?: boolean;
  /** As in `OpenFeatureEncoderOptions.padToChunk`. */
  readonly padToChunk?: boolean;
}

/** @throws SpeechTokensError `checkpoint-invalid` that names the field */
export function parseUnitsConfig(text: string, path: string): UnitsConfig {
  const config = readConfig(text, path, 'set of units');
  const pathAt = (field: string): string => {
    const value = config.value(field);
    if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value;
    return config.fail(field, JSON.stringify(value) ?? 'nothing', 'a path, from the folder of this file');
  };
  return {
    layer: config.integer('layer', 512, 0),
    centroids: pathAt('centroids'),
    encoder: config.value('encoder') === undefined ? '.' : pathAt('encoder'),
    ...(config.value('normalizeWaveform') === undefined
      ? {}
      : { normalizeWaveform: config.boolean('normalizeWaveform') }),
    ...(config.value('padToChunk') === undefined ? {} : { padToChunk: config.boolean('padToChunk') }),
  };
}
