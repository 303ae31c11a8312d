import { isUint32Array } from '../bytes/is-uint32-array.ts';
import { showValue } from '../tokens/show-value.ts';
import { mergesError } from './merges-error.ts';

/**
 * What byte pair encoding has learnt: which two neighbours become one token, and in which order. Plain data. Units are
 * integers; nothing here knows of characters.
 */
export interface BytePairMerges {
  /** Ids below it are units; those from it on are tokens, which stand for several units. */
  readonly unitCount: number;
  /**
   * `[merges, 2]`, row by row, in order of rank: the ids on the left and on the right. Row r makes the token
   * unitCount + r, of units and of tokens before it.
   */
  readonly pairs: Uint32Array;
}

/** More than any vocabulary of speech units; keeps hostile files from taking gigabytes. */
export const maximumMerges: number = 2 ** 20;

/** Counts are kept for each id while merges are learnt: 64 MB at this size. */
export const maximumVocabularySize: number = 2 ** 24;

/** How many units a token may stand for: twenty minutes of silence at 50 units a second. */
export const maximumTokenUnits = 65_536;

/** Ids of units and tokens together. */
export function vocabularySizeOf({ unitCount, pairs }: BytePairMerges): number {
  return unitCount + pairs.length / 2;
}

/**
 * Checks that merges are what their type says, also when they come from a file or from JavaScript.
 * @param path of the file that they come from, for the message
 * @returns how many units each token stands for, from `unitCount` on
 * @throws SpeechTokensError `merges-invalid`
 */
export function checkMerges(merges: BytePairMerges, path?: string): Uint32Array {
  const { unitCount, pairs } = (merges ?? {}) as BytePairMerges;
  const invalid = (problem: string, found: string, wanted: string): Error =>
    mergesError(problem, found, wanted, { path });
  const limit = maximumVocabularySize - 1;
  if (!Number.isSafeInteger(unitCount) || unitCount < 1 || unitCount > limit) {
    throw invalid('The merges do not say how many units there are', showValue(unitCount), `1 to ${limit}`);
  }
  if (!isUint32Array(pairs)) {
    throw invalid('The merges hold no pairs', showValue(pairs), 'a Uint32Array');
  }
  const count = pairs.length / 2;
  const mostMerges = Math.min(maximumMerges, maximumVocabularySize - unitCount);
  if (!Number.isInteger(count) || count > mostMerges) {
    throw invalid('The number of merges is wrong', `${count} pairs`, `whole pairs, at most ${mostMerges}`);
  }
  const lengths = new Uint32Array(count);
  const lengthOf = (id: number): number => (id < unitCount ? 1 : (lengths[id - unitCount] as number));
  for (let rank = 0; rank < count; rank++) {
    const [left, right] = [pairs[2 * rank] as number, pairs[2 * rank + 1] as number];
    const known = unitCount + rank;
    if (left >= known || right >= known) {
      throw invalid(
        `Merge ${rank} is of a token that is not there yet`,
        `${left} and ${right}`,
        `ids of 0 to ${known - 1}`,
      );
    }
    const length = lengthOf(left) + lengthOf(right);
    if (length > maximumTokenUnits) {
      throw invalid(`Merge ${rank} makes too long a token`, `${length} units`, `at most ${maximumTokenUnits}`);
    }
    lengths[rank] = length;
  }
  return lengths;
}
