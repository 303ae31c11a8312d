import { showValue } from '../../tokens/show-value.ts';
import { type BytePairMerges, checkMerges, maximumMerges } from '../byte-pair-merges.ts';
import { mergesError } from '../merges-error.ts';
import { isObject, type JsonObject, refuseFeatures } from './tokenizer-json-features.ts';
import { checkUnitCharacters, defaultFirstCodePoint, hex, type UnitCharacters } from './unit-characters.ts';

/** Larger than the tokenizers of large language models; keeps hostile text from being parsed into gigabytes. */
const maximumTextLength = 2 ** 25;

export interface TokenizerJsonOptions extends UnitCharacters {
  /** The file's path, for messages and error details. */
  readonly path?: string;
}

export interface ReadTokenizerJson {
  readonly merges: BytePairMerges;
  /**
   * The file's own id for each id here, -1 for a unit that the file does not have. The two differ where special tokens
   * come first, and where the file has only units that were seen.
   */
  readonly vocabularyIds: Int32Array;
}

/**
 * The merges of a `tokenizer.json` of Hugging Face tokenizers: a `BPE` model over characters that stand for units, with
 * merges as `"a b"` or `["a", "b"]`. Tokens that no merge makes, such as `<pad>`, have no id here; look in `vocabularyIds`
 * for what the file calls the others.
 * @throws SpeechTokensError `merges-invalid` that says what is wrong, or which `feature` the file asks for that would give
 * units other ids than merges alone (dropout, byte fallback, normalizers that change characters, …)
 * @throws SpeechTokensError `argument-invalid` as `checkUnitCharacters`
 * Source: huggingface/tokenizers, `models/bpe/serialization.rs` and `models/bpe/model.rs`.
 */
export function bytePairsFromTokenizerJson(text: string, options: TokenizerJsonOptions): ReadTokenizerJson {
  const { unitCount, firstCodePoint = defaultFirstCodePoint, path } = options;
  checkUnitCharacters(options);
  const file = parse(text, path);
  refuseFeatures(file, options, path);
  const model = file['model'] as JsonObject;
  const vocabulary = readVocabulary(model['vocab'], path);
  const lines = readMerges(model['merges'], path);

  const ids = new Map<string, number>();
  for (let unit = 0; unit < unitCount; unit++) ids.set(String.fromCodePoint(firstCodePoint + unit), unit);
  const idOf = (part: string, rank: number): number => {
    const id = ids.get(part);
    if (id !== undefined) return id;
    const isCharacter = [...part.slice(0, 3)].length === 1;
    const last = hex(firstCodePoint + unitCount - 1);
    throw mergesError(
      `Merge ${rank} is of ${isCharacter ? 'a character of no unit' : 'a token that no merge before it makes'}`,
      isCharacter ? hex(part.codePointAt(0) as number) : showValue(part),
      isCharacter ? `${hex(firstCodePoint)} to ${last}` : 'merges in the order in which they were learnt',
      {
        path,
        ...(isCharacter ? { remedy: 'Give the number of units and the first character that the file is of' } : {}),
      },
    );
  };
  const pairs = new Uint32Array(2 * lines.length);
  for (const [rank, [left, right]] of lines.entries()) {
    pairs[2 * rank] = idOf(left, rank);
    pairs[2 * rank + 1] = idOf(right, rank);
    const token = left + right;
    if (!vocabulary.has(token)) {
      throw mergesError(`Merge ${rank} makes a token that the vocabulary does not have`, showValue(token), 'it', {
        path,
      });
    }
    if (ids.has(token)) {
      throw mergesError(
        'A token is made in two ways',
        `${showValue(token)}, by merge ${rank} too`,
        'one merge a token',
        {
          path,
          feature: 'several merges of one token',
          remedy: 'Use a tokenizer that BpeTrainer made, or learn merges of the same units with trainBytePairs',
        },
      );
    }
    ids.set(token, unitCount + rank);
  }
  const merges = { unitCount, pairs };
  checkMerges(merges, path);
  const vocabularyIds = Int32Array.from(ids.keys(), (token) => vocabulary.get(token) ?? -1);
  return { merges, vocabularyIds };
}

function parse(text: string, path: string | undefined): JsonObject {
  if (text.length > maximumTextLength) {
    throw mergesError('The tokenizer is too large', `${text.length} characters`, `at most ${maximumTextLength}`, {
      path,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw mergesError('The tokenizer is not JSON', cause instanceof Error ? cause.message : String(cause), 'JSON', {
      path,
      cause,
    });
  }
  if (!isObject(value) || !isObject(value['model'])) {
    throw mergesError('The JSON is no tokenizer', showValue(value), 'an object with a "model"', { path });
  }
  const { version = '1.0' } = value;
  if (version === '1.0') return value;
  throw mergesError('The tokenizer is of another version of the format', showValue(version), '"1.0"', { path });
}

function readVocabulary(value: unknown, path: string | undefined): ReadonlyMap<string, number> {
  if (!isObject(value)) throw mergesError('The tokenizer has no vocabulary', showValue(value), 'an object', { path });
  const vocabulary = new Map(Object.entries(value));
  for (const [token, id] of vocabulary) {
    const isId = Number.isSafeInteger(id) && (id as number) >= 0 && (id as number) < 2 ** 31;
    if (!isId) throw mergesError(`The id of ${showValue(token)} is none`, showValue(id), 'an integer', { path });
  }
  return vocabulary as Map<string, number>;
}

function readMerges(value: unknown, path: string | undefined): readonly (readonly [string, string])[] {
  if (!Array.isArray(value) || value.length > maximumMerges) {
    const found = Array.isArray(value) ? `${value.length} merges` : showValue(value);
    throw mergesError('The tokenizer has no merges', found, `a list of at most ${maximumMerges}`, { path });
  }
  // Taken over from merges.txt by some tools.
  const lines = value.filter((line) => typeof line !== 'string' || !line.startsWith('#version'));
  return lines.map((line: unknown, rank) => {
    const parts = typeof line === 'string' ? line.split(' ') : line;
    const isPair = Array.isArray(parts) && parts.length === 2;
    if (isPair && parts.every((part) => typeof part === 'string' && part !== '')) return parts as [string, string];
    throw mergesError(`Merge ${rank} is none`, showValue(line), '"a b" or ["a", "b"]', { path });
  });
}
