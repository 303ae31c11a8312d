import { type BytePairMerges, checkMerges } from '../byte-pair-merges.ts';
import { mergesError } from '../merges-error.ts';
import { type CharacterWarning, checkUnitCharacters, type UnitCharacters, unitsToText } from './unit-characters.ts';

/** All tokens together; longer ones are no use as text. */
const maximumCharacters = 2 ** 25;

export interface TokenizerJson {
  /** The text of the file. */
  readonly text: string;
  /** What whoever uses it should know. */
  readonly warnings: readonly CharacterWarning[];
}

/**
 * Merges as a `tokenizer.json` of Hugging Face tokenizers: a `BPE` model over characters that stand for units, and nothing
 * else in it, so that a text of such characters gets the very ids that `encode` gives. Merges are written as `"a b"`, which
 * every version reads.
 * Source: huggingface/tokenizers, `models/bpe/serialization.rs` and `tokenizer/serialization.rs`.
 * @throws SpeechTokensError `merges-invalid` for merges that characters cannot tell apart, and tokens of more than 2^25
 * characters in all; `argument-invalid` as `checkUnitCharacters`
 */
export function bytePairsToTokenizerJson(
  merges: BytePairMerges,
  { firstCodePoint }: Pick<UnitCharacters, 'firstCodePoint'> = {},
): TokenizerJson {
  const lengths = checkMerges(merges);
  const { unitCount, pairs } = merges;
  const characters = { unitCount, ...(firstCodePoint === undefined ? {} : { firstCodePoint }) };
  const warnings = checkUnitCharacters(characters);
  const characterCount = lengths.reduce((total, length) => total + length, unitCount);
  if (characterCount > maximumCharacters) {
    throw mergesError(
      'The tokens are too long as text',
      `${characterCount} characters`,
      `at most ${maximumCharacters}`,
      {
        remedy: 'Keep the merges in a merges file, or learn them with a lower maximumTokenUnits',
      },
    );
  }
  const texts = Array.from({ length: unitCount }, (_, unit) => unitsToText(Uint32Array.of(unit), characters));
  const ids = new Map(texts.map((text, unit) => [text, unit]));
  const lines: string[] = [];
  for (let rank = 0; rank < pairs.length / 2; rank++) {
    const [left, right] = [texts[pairs[2 * rank] as number], texts[pairs[2 * rank + 1] as number]] as [string, string];
    const text = left + right;
    const before = ids.get(text);
    if (before !== undefined) {
      throw mergesError(
        'Two tokens stand for the same units',
        `${before} and ${unitCount + rank}`,
        'units of their own',
        {
          remedy: 'Keep the merges in a merges file: tokens of a tokenizer.json are known by their text',
        },
      );
    }
    ids.set(text, unitCount + rank);
    texts.push(text);
    lines.push(`${left} ${right}`);
  }
  const model = {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    vocab: Object.fromEntries(ids),
    merges: lines,
  };
  const file = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Fuse' },
    model,
  };
  return { text: `${JSON.stringify(file, null, 1)}\n`, warnings };
}
