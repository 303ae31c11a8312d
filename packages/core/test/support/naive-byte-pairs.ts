import fc from 'fast-check';
import type { BytePairMerges } from '../../src/byte-pairs/byte-pair-merges.ts';

export interface NaiveTraining {
  readonly unitCount: number;
  readonly vocabularySize: number;
  readonly minFrequency: number;
  readonly maximumTokenUnits?: number;
}

/** Byte pairs as their definition has them: every pair is counted anew before each merge. */
export function trainNaively(recordings: readonly (readonly number[])[], options: NaiveTraining): BytePairMerges {
  const { unitCount, vocabularySize, minFrequency, maximumTokenUnits = Number.POSITIVE_INFINITY } = options;
  const pairs: number[] = [];
  const lengths = new Map<number, number>();
  const lengthOf = (id: number): number => lengths.get(id) ?? 1;
  let sequences = recordings;
  for (let token = unitCount; token < vocabularySize; token++) {
    const counts = new Map<string, number>();
    for (const ids of sequences) {
      for (let i = 1; i < ids.length; i++) {
        const [left, right] = [ids[i - 1] as number, ids[i] as number];
        const key = `${left} ${right}`;
        if (lengthOf(left) + lengthOf(right) <= maximumTokenUnits) counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    const candidates = [...counts].map(([key, count]) => ({ pair: key.split(' ').map(Number), count }));
    candidates.sort((a, b) => b.count - a.count || a.pair[0]! - b.pair[0]! || a.pair[1]! - b.pair[1]!);
    const [best] = candidates;
    if (best === undefined || best.count < minFrequency) break;
    const [left, right] = best.pair as [number, number];
    pairs.push(left, right);
    lengths.set(token, lengthOf(left) + lengthOf(right));
    sequences = sequences.map((ids) => mergeEverywhere(ids, left, right, token));
  }
  return { unitCount, pairs: Uint32Array.from(pairs) };
}

/** The pair of the least rank, the leftmost of them, until none is left. */
export function encodeNaively({ unitCount, pairs }: BytePairMerges, units: readonly number[]): number[] {
  const ids = [...units];
  for (;;) {
    let best: { readonly rank: number; readonly at: number } | undefined;
    for (let at = 0; at + 1 < ids.length; at++) {
      for (let rank = 0; rank < (best?.rank ?? pairs.length / 2); rank++) {
        if (pairs[2 * rank] === ids[at] && pairs[2 * rank + 1] === ids[at + 1]) best = { rank, at };
      }
    }
    if (best === undefined) return ids;
    ids.splice(best.at, 2, unitCount + best.rank);
  }
}

function mergeEverywhere(ids: readonly number[], left: number, right: number, token: number): number[] {
  const merged: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    const isPair = ids[i] === left && ids[i + 1] === right;
    merged.push(isPair ? token : (ids[i] as number));
    if (isPair) i++;
  }
  return merged;
}

/** Few units in random order, in runs, and in pieces that come again: what byte pairs meet. */
export const anyRecordings: fc.Arbitrary<{ readonly unitCount: number; readonly recordings: number[][] }> = fc
  .integer({ min: 1, max: 5 })
  .chain((unitCount) => {
    const unit = fc.nat(unitCount - 1);
    const run = fc.tuple(unit, fc.integer({ min: 1, max: 9 })).map(([id, length]) => Array<number>(length).fill(id));
    const piece = fc.array(unit, { maxLength: 6 });
    const again = fc.tuple(piece, fc.integer({ min: 1, max: 4 })).map(([ids, times]) => Array(times).fill(ids).flat());
    const recording = fc.array(fc.oneof(piece, run, again), { maxLength: 6 }).map((parts) => parts.flat() as number[]);
    return fc.array(recording, { maxLength: 5 }).map((recordings) => ({ unitCount, recordings }));
  });

/** Merges of any kind that is valid, also such as no training gives. */
export const anyMerges: fc.Arbitrary<BytePairMerges> = fc
  .record({
    unitCount: fc.integer({ min: 1, max: 6 }),
    draws: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 12 }),
  })
  .map(({ unitCount, draws }) => {
    const rows: number[][] = [];
    for (const [left, right] of draws) {
      const known = unitCount + rows.length;
      const row = [left % known, right % known];
      if (!rows.some(([a, b]) => a === row[0] && b === row[1])) rows.push(row);
    }
    return { unitCount, pairs: Uint32Array.from(rows.flat()) };
  });
