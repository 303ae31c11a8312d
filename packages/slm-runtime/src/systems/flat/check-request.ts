import { type SpeechRequest, type Takes, type TokenSpace, validateTokenGrid } from '@speech-tokens/core';
import { invalidRequest } from '../speech-request.ts';
import type { FlatSystem } from './flat-system.ts';

/** @throws SpeechTokensError `argument-invalid`; `token-grid-invalid`, `token-space-mismatch` for the prompt's grid */
export function checkRequest(system: FlatSystem, request: SpeechRequest): void {
  const { text, prompt, voice, maxFrames, codecSpace } = request;
  const { takes, voices = [] } = system;
  checkShape(system, codecSpace);
  checkTaken('text', takes.text, text !== undefined && text.trim() !== '', text !== undefined);
  checkTaken('prompt', takes.prompt, prompt !== undefined, prompt !== undefined);
  if (prompt !== undefined) validateTokenGrid(prompt.grid, { tokenSpace: codecSpace });
  if (voice !== undefined && !voices.includes(voice)) {
    const wanted = voices.length === 0 ? 'none: this model has no voices by name' : voices.join(', ');
    throw invalidRequest('voice', 'The model has no such voice', JSON.stringify(voice), wanted);
  }
  if (maxFrames !== undefined && !(Number.isSafeInteger(maxFrames) && maxFrames >= 1)) {
    throw invalidRequest('maxFrames', 'The number of frames is out of range', String(maxFrames), 'an integer from 1');
  }
}

function checkTaken(argument: 'text' | 'prompt', takes: Takes, isThere: boolean, isGiven: boolean): void {
  if (takes === 'refused' && isGiven) {
    throw invalidRequest(argument, `The model takes no ${argument}`, `a ${argument}`, 'a request without');
  }
  // An empty text is none.
  if (takes === 'needed' ? isThere : isThere === isGiven) return;
  throw invalidRequest(argument, `The model needs a ${argument}`, isGiven ? 'an empty one' : 'none', `a ${argument}`);
}

function checkShape({ codec, codecShape }: FlatSystem, space: TokenSpace): void {
  const shapeOf = ({ sampleRateHz, codebooks }: FlatSystem['codecShape']): string =>
    `${sampleRateHz} Hz, ${codebooks
      .slice(0, codec.codebookCount)
      .map(({ size, hopSamples }) => `${size} codes every ${hopSamples} samples`)
      .join(', ')}`;
  const [found, wanted] = [shapeOf(space), shapeOf(codecShape)];
  if (found === wanted) return;
  throw invalidRequest('codecSpace', `The model does not speak ${space.id}`, found, `${codec.id}: ${wanted}`);
}
