import type { BytePairMerges } from './byte-pair-merges.ts';
import { mergesError } from './merges-error.ts';
import { pairHash } from './pair-hash.ts';

/** The rank of a pair of ids among merges; -1 where the two do not merge. */
export type PairRanks = (left: number, right: number) => number;

/** @throws SpeechTokensError `merges-invalid` for a pair that is there twice */
export function createPairRanks({ pairs }: BytePairMerges): PairRanks {
  const count = pairs.length / 2;
  const slotCount = 2 ** Math.ceil(Math.log2(2 * count + 2));
  // Open addressing, at most half full. `[slots, 3]`: left id, right id, and rank plus 1, or 0 where a slot is empty.
  const slots = new Int32Array(3 * slotCount);
  const find = (left: number, right: number): number => {
    let slot = pairHash(left, right) & (slotCount - 1);
    for (;;) {
      const at = 3 * slot;
      if (slots[at + 2] === 0 || (slots[at] === left && slots[at + 1] === right)) return at;
      slot = (slot + 1) & (slotCount - 1);
    }
  };
  for (let rank = 0; rank < count; rank++) {
    const [left, right] = [pairs[2 * rank] as number, pairs[2 * rank + 1] as number];
    const at = find(left, right);
    const before = slots[at + 2] as number;
    if (before !== 0) {
      throw mergesError('A pair merges twice', `${left} and ${right} at ${before - 1} and ${rank}`, 'each pair once');
    }
    slots[at] = left;
    slots[at + 1] = right;
    slots[at + 2] = rank + 1;
  }
  return (left, right) => (slots[find(left, right) + 2] as number) - 1;
}
