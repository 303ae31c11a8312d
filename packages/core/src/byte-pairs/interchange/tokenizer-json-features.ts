import { showValue } from '../../tokens/show-value.ts';
import { mergesError } from '../merges-error.ts';
import { defaultFirstCodePoint, isWithinCjk, type UnitCharacters } from './unit-characters.ts';

/** A part of a `tokenizer.json`, not looked at yet. */
export type JsonObject = { readonly [field: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Refuses a `tokenizer.json` that asks for more than plain byte pairs: whatever could give the text of some units other
 * ids than its merges alone.
 * Source: huggingface/tokenizers, `models/bpe/model.rs`, `pre_tokenizers/metaspace.rs`, `added_vocabulary.rs`.
 * @throws SpeechTokensError `merges-invalid` with the `feature`
 */
export function refuseFeatures(file: JsonObject, characters: UnitCharacters, path: string | undefined): void {
  const model = file['model'] as JsonObject;
  const refuse = (feature: string, found: string, wanted: string): void => {
    throw mergesError(`The tokenizer asks for ${feature}, which is not done here`, found, wanted, {
      feature,
      path,
      remedy: `Write the tokenizer without ${feature}, if it does well without`,
    });
  };
  const type = model['type'];
  if (type !== undefined && type !== 'BPE') refuse('another model', showValue(type), '"BPE"');
  const { dropout } = model;
  if (!isAbsent(dropout) && dropout !== 0) refuse('dropout', showValue(dropout), 'null');
  for (const feature of ['continuing_subword_prefix', 'end_of_word_suffix']) {
    const affix = model[feature];
    if (!isAbsent(affix) && affix !== '') refuse(feature, showValue(affix), 'null');
  }
  for (const feature of ['byte_fallback', 'ignore_merges']) {
    const flag = model[feature];
    if (!isAbsent(flag) && flag !== false) refuse(feature, showValue(flag), 'false');
  }
  for (const feature of ['truncation', 'padding', 'post_processor']) {
    if (!isAbsent(file[feature])) refuse(feature, describe(file[feature]), 'null');
  }
  const normalizer = firstOther(file['normalizer'], 'normalizers', (one) => isInertNormalizer(one, characters));
  if (normalizer !== undefined) {
    refuse(
      'normalizer',
      describe(normalizer),
      'null, or NFC, NFD, NFKC, NFKD where all characters are in the CJK block',
    );
  }
  const splitter = firstOther(file['pre_tokenizer'], 'pretokenizers', (one) => isInertSplitter(one, characters));
  if (splitter !== undefined) {
    refuse('pre_tokenizer', describe(splitter), 'null, WhitespaceSplit, or Metaspace that never prepends');
  }
  // A token that has a character of no unit in it cannot stand in a text of units.
  const added = file['added_tokens'] ?? [];
  const isApart = (one: unknown): boolean =>
    isObject(one) && typeof one['content'] === 'string' && !isText(one['content'], characters);
  if (!Array.isArray(added) || !added.every(isApart)) {
    const within = Array.isArray(added) ? added.find((one) => !isApart(one)) : added;
    refuse('added_tokens', describe(within), 'added tokens that no units can spell');
  }
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

/** The first of a part, or of those in its sequences, that is not inert. */
function firstOther(part: unknown, members: string, isInert: (one: JsonObject) => boolean, depth = 8): unknown {
  if (isAbsent(part)) return undefined;
  if (!isObject(part) || depth === 0) return part;
  if (part['type'] !== 'Sequence') return isInert(part) ? undefined : part;
  const list = part[members];
  if (!Array.isArray(list)) return part;
  return list.map((one) => firstOther(one, members, isInert, depth - 1)).find((found) => found !== undefined);
}

function isInertNormalizer({ type }: JsonObject, characters: UnitCharacters): boolean {
  // Ideographs have no other forms. Beyond them there are marks that change places and syllables that fall apart.
  return ['NFC', 'NFD', 'NFKC', 'NFKD'].includes(type as string) && isWithinCjk(characters);
}

function isInertSplitter(one: JsonObject, characters: UnitCharacters): boolean {
  if (one['type'] === 'WhitespaceSplit') return true;
  const { type, replacement, prepend_scheme: scheme, add_prefix_space: addsSpace } = one;
  if (type !== 'Metaspace' || typeof replacement !== 'string' || isText(replacement, characters)) return false;
  return scheme === 'never' || (scheme === undefined && addsSpace === false);
}

/** Whether a text is made of characters of units alone. */
function isText(text: string, { unitCount, firstCodePoint = defaultFirstCodePoint }: UnitCharacters): boolean {
  for (const character of text) {
    const unit = (character.codePointAt(0) as number) - firstCodePoint;
    if (unit < 0 || unit >= unitCount) return false;
  }
  return true;
}

/** A part by its type, or by its text. */
function describe(part: unknown): string {
  return showValue(isObject(part) ? (part['type'] ?? part['content'] ?? part) : part);
}
