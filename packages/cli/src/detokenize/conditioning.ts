import type { DetokenizerSettings } from '@speech-tokens/core';
import type { DetokenizeCommandOptions } from '../commands/command-options.ts';

/** What a detokenizer is conditioned on. Digits alone are a number, as names of rows are rarely that. */
export function conditioningOf({
  speaker,
  language,
}: Pick<DetokenizeCommandOptions, 'speaker' | 'language'>): Pick<DetokenizerSettings, 'conditioning'> {
  const given = Object.entries({ speaker, language }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  if (given.length === 0) return {};
  return {
    conditioning: Object.fromEntries(given.map(([name, text]) => [name, /^\d+$/.test(text) ? Number(text) : text])),
  };
}
