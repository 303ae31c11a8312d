import { readFile } from 'node:fs/promises';
import { SpeechTokensError } from '@speech-tokens/core';

/** Text to ids and back, as a language model was trained with. */
export interface TextTokenizer {
  /**
   * Ids of a text, with those that the tokenizer itself puts around it (Llama 3: its begin), unless it shall be bare.
   * Names of tokens in the text are those tokens.
   */
  encode(text: string, options?: { readonly bare?: boolean }): readonly number[];
  /** The text of ids; special ones have none. */
  decode(ids: readonly number[]): string;
  /** The id of a token by its name, for example `<|audio_eos|>`. */
  idOf(token: string): number | undefined;
}

/**
 * Reads a `tokenizer.json` of the hub.
 * @throws SpeechTokensError `checkpoint-invalid`
 */
export async function openTextTokenizer(path: string): Promise<TextTokenizer> {
  const { Tokenizer } = await import('@huggingface/tokenizers');
  const text = await readFile(path, 'utf8');
  const tokenizer = build(path, () => new Tokenizer(JSON.parse(text), {}));
  return {
    encode: (given, { bare = false } = {}) => tokenizer.encode(given, { add_special_tokens: !bare }).ids,
    decode: (ids) => tokenizer.decode([...ids], { skip_special_tokens: true }),
    idOf: (token) => tokenizer.token_to_id(token),
  };
}

function build<Result>(path: string, make: () => Result): Result {
  try {
    return make();
  } catch (cause) {
    throw new SpeechTokensError('checkpoint-invalid', {
      problem: `${path} does not describe a tokenizer of text`,
      found: cause instanceof Error ? cause.message : String(cause),
      wanted: 'a tokenizer.json of Hugging Face tokenizers',
      remedy: 'Use the file that lies beside the weights',
      details: { path },
      cause,
    });
  }
}
