import { type DetokenizerSettings, SpeechTokensError } from '@speech-tokens/core';
import type { VoiceTable } from './vocoder-config.ts';
import type { VoiceSettings } from './vocoder-settings.ts';

/** Rows of the tables of speakers and languages; 0 where there is no such table. */
export interface Voice {
  readonly speaker: number;
  readonly language: number;
}

export interface VoiceTables {
  readonly speakers: VoiceTable;
  readonly languages: VoiceTable;
}

/**
 * Reads `conditioning` of a unit vocoder: `speaker` and `language`, each a number from 0, or a name that the settings
 * give to one. Where one is absent, what the settings say; 0 if they say nothing.
 * @throws SpeechTokensError `argument-invalid` for other names or values
 */
export function readVoice(
  conditioning: DetokenizerSettings['conditioning'] = {},
  tables: VoiceTables,
  settings: VoiceSettings,
): Voice {
  const { speaker, language, ...others } = conditioning;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw invalid(unknown, `"${unknown}"`, 'speaker or language');
  return {
    speaker: rowOf('speaker', speaker ?? settings.speaker, tables.speakers, settings.speakers),
    language: rowOf('language', language ?? settings.language, tables.languages, settings.languages),
  };
}

function rowOf(name: string, given: unknown, { count }: VoiceTable, names: ReadonlyMap<string, number>): number {
  if (given === undefined) return 0;
  if (count === 0) throw invalid(name, show(given), `none: this vocoder has no table of ${name}s`);
  const row = typeof given === 'string' ? names.get(given) : given;
  if (Number.isInteger(row) && (row as number) >= 0 && (row as number) < count) return row as number;
  const known = [...names.keys()].slice(0, 12).map((known) => JSON.stringify(known));
  const more = names.size > known.length ? ', …' : '';
  const orNames = known.length === 0 ? '; none has a name' : `, or one of ${known.join(', ')}${more}`;
  throw invalid(name, show(given), `a number from 0 to ${count - 1}${orNames}`);
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? typeof value).slice(0, 100);
}

function invalid(name: string, found: string, wanted: string): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: `The unit vocoder cannot be conditioned like this (${name})`,
    found,
    wanted,
    remedy: 'Leave it out for the default of this vocoder',
    details: { argument: `conditioning.${name}` },
  });
}
