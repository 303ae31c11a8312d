import {
  type SpeechDuplex,
  type SpeechGeneration,
  type SpeechLanguageModelV0,
  SpeechTokensError,
  type Takes,
} from '@speech-tokens/core';
import type { GenerateCommandOptions } from '../commands/command-options.ts';
import type { Loaded } from '../plugins/load-component.ts';

/**
 * What a model can be asked to say, where it can be asked what is asked.
 * @throws SpeechTokensError `argument-invalid` that names the option
 */
export function generationOf(
  { id, part }: Loaded<SpeechLanguageModelV0>,
  { text, prompt, promptText, voice }: GenerateCommandOptions,
): SpeechGeneration {
  const { generation, duplex } = part;
  if (generation === undefined) {
    const others = duplex === undefined ? 'Its steps can be made from a program alone' : 'Use converse';
    throw cannot(id, 'cannot be asked to say something', 'no generation', 'a model that speaks on request', others);
  }
  checkTaken(id, generation.takes.text, '--text', text);
  checkTaken(id, generation.takes.prompt, '--prompt', prompt);
  if (promptText !== undefined && prompt === undefined) {
    throw cannot(id, 'was given a text without its recording', '--prompt-text', '--prompt too', 'Add --prompt FILE');
  }
  const { voices } = generation;
  if (voice === undefined || voices?.includes(voice)) return generation;
  if (voices === undefined) {
    throw cannot(id, 'has no voices to choose from', `--voice ${voice}`, 'none', 'Leave --voice out');
  }
  throw cannot(id, 'has no such voice', `--voice ${voice}`, `one of ${voices.join(', ')}`, 'Choose one of them');
}

/** @throws SpeechTokensError `argument-invalid` */
export function duplexOf({ id, part }: Loaded<SpeechLanguageModelV0>): SpeechDuplex {
  if (part.duplex !== undefined) return part.duplex;
  const remedy = part.generation === undefined ? 'Use another model' : 'Use generate, or another model';
  throw cannot(id, 'cannot listen while it speaks', 'a model that takes turns', 'a full-duplex model', remedy);
}

function checkTaken(id: string, takes: Takes, option: string, given: string | undefined): void {
  if (takes === 'needed' && given === undefined) {
    throw cannot(id, `needs ${option}`, `no ${option}`, option, `Add ${option}`);
  }
  if (takes === 'refused' && given !== undefined) {
    throw cannot(id, `does not take ${option}`, option, 'a request without it', `Leave ${option} out`);
  }
}

function cannot(
  id: string,
  what: string,
  found: string,
  wanted: string,
  remedy: string,
): SpeechTokensError<'argument-invalid'> {
  const details = { argument: 'model' };
  return new SpeechTokensError('argument-invalid', { problem: `${id} ${what}`, found, wanted, remedy, details });
}
