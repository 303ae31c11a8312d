import { type ConfigReader, readConfig } from '@speech-tokens/onnx-graph';

/** What a name or its absence stands for. */
export interface VoiceSettings {
  readonly speakers: ReadonlyMap<string, number>;
  readonly languages: ReadonlyMap<string, number>;
  /** Used where a call names none. */
  readonly speaker?: string | number;
  readonly language?: string | number;
}

/** `vocoder.json`: for which units a vocoder was made, and where its checkpoint lies. */
export interface VocoderSettings extends VoiceSettings {
  readonly units: {
    /** The id of the units' token space. */
    readonly id: string;
    /** How many there are; all that the vocoder has embeddings for where absent. */
    readonly count?: number;
    /** As in `TokenSpace.windowSamples`. */
    readonly windowSamples?: number;
  };
  /** The folder of `config.json` and the weights, from the folder of vocoder.json; the same one by default. */
  readonly checkpoint: string;
}

/** @throws SpeechTokensError `checkpoint-invalid` that names the field */
export function parseVocoderSettings(text: string, path: string): VocoderSettings {
  const config = readConfig(text, path, 'unit vocoder');
  const isGiven = (field: string): boolean => config.value(field) !== undefined;
  return {
    units: {
      id: textAt(config, 'units.id', 'the id of a token space, as the tokenizer of the units gives it'),
      ...(isGiven('units.count') ? { count: config.integer('units.count', 1_000_000) } : {}),
      ...(isGiven('units.windowSamples') ? { windowSamples: config.integer('units.windowSamples', 131_072) } : {}),
    },
    checkpoint: isGiven('checkpoint') ? textAt(config, 'checkpoint', 'a path, from the folder of this file') : '.',
    speakers: namesAt(config, 'speakers'),
    languages: namesAt(config, 'languages'),
    ...(isGiven('speaker') ? { speaker: voiceAt(config, 'speaker') } : {}),
    ...(isGiven('language') ? { language: voiceAt(config, 'language') } : {}),
  };
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 100);
}

function textAt(config: ConfigReader, field: string, wanted: string): string {
  const value = config.value(field);
  if (typeof value === 'string' && value !== '' && value.length <= 4_096 && !value.includes('\0')) return value;
  return config.fail(field, show(value), wanted);
}

function voiceAt(config: ConfigReader, field: string): string | number {
  const value = config.value(field);
  if (typeof value === 'string' || Number.isSafeInteger(value)) return value as string | number;
  return config.fail(field, show(value), 'a number or a name');
}

function namesAt(config: ConfigReader, field: string): ReadonlyMap<string, number> {
  const value = config.value(field) ?? {};
  const isTable = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isTable) return config.fail(field, show(value), 'an object of names and their numbers');
  const entries = Object.entries(value);
  const odd = entries.find(([, row]) => !Number.isSafeInteger(row) || (row as number) < 0);
  if (odd !== undefined) return config.fail(field, show(Object.fromEntries([odd])), 'numbers from 0 on');
  return new Map(entries as [string, number][]);
}
