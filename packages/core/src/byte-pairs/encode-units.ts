import type { BytePairMerges } from './byte-pair-merges.ts';
import { createPairRanks } from './pair-ranks.ts';

/** Units, all below `unitCount`, to ids of units and tokens. */
export type UnitEncoder = (units: Uint32Array) => Uint32Array<ArrayBuffer>;

/** In the ids of an encoding: a place whose unit belongs to a token that starts before it. */
const inside = -1;

/**
 * An encoder that applies merges by rank, from the first to the last, each from left to right: what Hugging Face
 * tokenizers' `BPE` gives for a word. A new token comes later in rank than what it is made of, so that one pass over the
 * ranks is enough; those that have something to do are kept in a bit field. Time grows with the units, not with their
 * square or with the number of merges.
 */
export function createUnitEncoder(merges: BytePairMerges): UnitEncoder {
  const { unitCount, pairs } = merges;
  const rankOf = createPairRanks(merges);
  const queue = createRankQueue(pairs.length / 2);

  return (units) => {
    const length = units.length;
    // A token lies where its units were: its id at the first place, its length at the first and the last one.
    const ids = new Int32Array(units);
    const lengths = new Int32Array(length).fill(1);
    let idCount = length;
    const queuePair = (place: number, left: number, right: number): void => {
      const rank = rankOf(left, right);
      if (rank >= 0) queue.add(rank, place);
    };
    queue.start(length);
    // Backwards: the places of a rank come out last in, first out.
    for (let place = length - 2; place >= 0; place--) queuePair(place, ids[place] as number, ids[place + 1] as number);

    for (let rank = queue.nextRank(0); rank >= 0; rank = queue.nextRank(rank + 1)) {
      const [left, right] = [pairs[2 * rank] as number, pairs[2 * rank + 1] as number];
      const token = unitCount + rank;
      // Only where a pair overlaps itself does the order of its places matter.
      const count = queue.take(rank, left === right);
      for (let i = 0; i < count; i++) {
        const place = queue.taken[i] as number;
        const leftLength = lengths[place] as number;
        const middle = place + leftLength;
        // Merged with another neighbour in the meantime.
        if (ids[place] !== left || middle >= length || ids[middle] !== right) continue;
        const tokenLength = leftLength + (lengths[middle] as number);
        const end = place + tokenLength;
        ids[middle] = inside;
        ids[place] = token;
        lengths[place] = tokenLength;
        lengths[end - 1] = tokenLength;
        idCount--;
        if (place > 0) {
          const before = ids[place - 1] === inside ? place - (lengths[place - 1] as number) : place - 1;
          queuePair(before, ids[before] as number, token);
        }
        if (end < length) queuePair(place, token, ids[end] as number);
      }
    }

    const encoded = new Uint32Array(idCount);
    for (let place = 0, at = 0; place < length; place += lengths[place] as number) encoded[at++] = ids[place] as number;
    return encoded;
  };
}

/** Places by rank, while one sequence is encoded. */
interface RankQueue {
  start(unitCount: number): void;
  add(rank: number, place: number): void;
  /** The least rank from `from` on that has places, or -1. */
  nextRank(from: number): number;
  /** Puts the places of a rank into `taken`, rising where `isSorted`, and tells how many; the rank has none then. */
  take(rank: number, isSorted: boolean): number;
  readonly taken: Int32Array;
}

function createRankQueue(rankCount: number): RankQueue {
  /** Of each rank: the newest entry plus 1, or 0. All are 0 again after a sequence. */
  const newest = new Int32Array(rankCount);
  /** A bit for each rank that has places. */
  const bits = new Int32Array(Math.ceil(rankCount / 32));
  let places = new Int32Array(0);
  /** Of each entry: the next older one of its rank plus 1, or 0. */
  let older = new Int32Array(0);
  let entryCount = 0;
  let taken = new Int32Array(64);
  return {
    start(unitCount) {
      // One entry for each pair of neighbours at first; a merge adds at most two, and there are fewer merges than units.
      places = new Int32Array(3 * unitCount);
      older = new Int32Array(3 * unitCount);
      entryCount = 0;
    },
    add(rank, place) {
      places[entryCount] = place;
      older[entryCount] = newest[rank] as number;
      newest[rank] = ++entryCount;
      bits[rank >> 5] = (bits[rank >> 5] as number) | (1 << (rank & 31));
    },
    nextRank(from) {
      let index = from >> 5;
      if (index >= bits.length) return -1;
      let word = (bits[index] as number) & (-1 << (from & 31));
      while (word === 0) {
        if (++index >= bits.length) return -1;
        word = bits[index] as number;
      }
      return 32 * index + 31 - Math.clz32(word & -word);
    },
    take(rank, isSorted) {
      let count = 0;
      for (let entry = newest[rank] as number; entry !== 0; entry = older[entry - 1] as number) {
        if (count === taken.length) {
          const wider = new Int32Array(2 * count);
          wider.set(taken);
          taken = wider;
        }
        taken[count++] = places[entry - 1] as number;
      }
      newest[rank] = 0;
      bits[rank >> 5] = (bits[rank >> 5] as number) & ~(1 << (rank & 31));
      if (isSorted) taken.subarray(0, count).sort();
      return count;
    },
    get taken() {
      return taken;
    },
  };
}
