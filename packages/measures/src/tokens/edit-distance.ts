import { SpeechTokensError } from '@speech-tokens/core';

export interface EditDistanceOptions {
  /** Stop as soon as the distance is known to be larger than this. */
  readonly maximumDistance?: number;
}

/**
 * Levenshtein distance of two sequences of ids: the fewest insertions, deletions and substitutions of one id that
 * turn one into the other. Divided by the reference's length it is the unit edit rate.
 *
 * Follows the furthest-reaching points of each diagonal, so time grows with length + distance², and memory with
 * distance: nearly equal sequences of any length are quick, unrelated ones of 30,000 ids take about a second.
 * @returns the distance; `undefined` where it is larger than `maximumDistance`
 * @throws SpeechTokensError `argument-invalid` when `maximumDistance` is negative or not a number
 * Source: Ukkonen, "Algorithms for approximate string matching", Information and Control 64 (1985).
 */
export function editDistance(
  reference: ArrayLike<number>,
  other: ArrayLike<number>,
  options: EditDistanceOptions = {},
): number | undefined {
  const longest = Math.max(reference.length, other.length);
  const limit = Math.min(longest, options.maximumDistance ?? longest);
  if (!(limit >= 0)) {
    throw new SpeechTokensError('argument-invalid', {
      problem: 'The largest distance to look for is out of range',
      found: String(options.maximumDistance),
      wanted: 'a number that is 0 or more',
      remedy: 'Leave it out to compare without a limit',
      details: { argument: 'maximumDistance' },
    });
  }
  const [n, m] = [reference.length, other.length];
  const goal = m - n;
  if (Math.abs(goal) > limit) return undefined;

  const slide = (row: number, diagonal: number): number => {
    let at = row;
    while (at < n && at + diagonal < m && reference[at] === other[at + diagonal]) at++;
    return at;
  };
  // reach[diagonal + offset]: how much of `reference` is matched on this diagonal (other − reference) with d edits.
  let size = 16;
  let reach = new Int32Array(2 * size + 1).fill(-2);
  reach[size] = slide(0, 0);
  for (let distance = 0; distance <= limit; distance++) {
    if (Math.abs(goal) <= distance && reach[goal + size]! >= n) return distance;
    if (distance + 2 > size) {
      const wider = new Int32Array(4 * size + 1).fill(-2);
      wider.set(reach, size);
      size *= 2;
      reach = wider;
    }
    const next = distance + 1;
    let before = -2;
    for (let diagonal = Math.max(-next, -n); diagonal <= Math.min(next, m); diagonal++) {
      const here = reach[diagonal + size]!;
      const after = reach[diagonal + 1 + size]!;
      // Substitution, insertion into `other`, deletion from `reference`.
      const row = Math.max(here + 1, before, after + 1);
      before = here;
      if (row < 0 || row + diagonal < 0) continue;
      reach[diagonal + size] = slide(Math.min(row, n, m - diagonal), diagonal);
    }
  }
  return undefined;
}
