import { SpeechTokensError } from '@speech-tokens/core';
import type { TextTokenizer } from '../../text/text-tokenizer.ts';

/**
 * The id of a token that a system cannot do without.
 * @throws SpeechTokensError `checkpoint-invalid`
 */
export function idOfToken(tokenizer: TextTokenizer, token: string): number {
  const id = tokenizer.idOf(token);
  if (id === undefined) throw wrongTokens(token, 'no such token');
  return id;
}

/**
 * The id of the first of tokens that stand side by side in the vocabulary.
 * @throws SpeechTokensError `checkpoint-invalid`
 */
export function firstIdOf(tokenizer: TextTokenizer, token: (index: number) => string, count: number): number {
  const first = idOfToken(tokenizer, token(0));
  for (let index = 1; index < count; index++) {
    const id = idOfToken(tokenizer, token(index));
    if (id !== first + index) throw wrongTokens(token(index), `id ${id}`, `id ${first + index}`);
  }
  return first;
}

function wrongTokens(token: string, found: string, wanted = 'a tokenizer that has it'): SpeechTokensError {
  return new SpeechTokensError('checkpoint-invalid', {
    problem: `The tokenizer is not that of this model: ${token}`,
    found,
    wanted,
    remedy: 'Use the tokenizer.json that lies beside the weights',
    details: { path: 'tokenizer.json' },
  });
}
