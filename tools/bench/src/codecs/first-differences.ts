/** A code that differs although the codes before it, from which its own residual follows, are equal. */
export interface FirstDifference {
  readonly codebook: number;
  readonly frame: number;
  readonly found: number;
  readonly wanted: number;
  /** Further codes that differ in later codebooks at the same time: they quantize what another code left over. */
  followers: number;
}

interface Track {
  readonly ids: Uint32Array;
  readonly hopSamples: number;
}

/**
 * Where two encodings of the same audio begin to differ.
 * @param chainStarts codebooks that quantize the latents themselves, in ascending order, 0 first; each of the others
 * quantizes what is left by those before it, back to the last of these
 */
export function firstDifferences(
  found: readonly Track[],
  wanted: readonly Uint32Array[],
  chainStarts: readonly number[],
): readonly FirstDifference[] {
  const firsts: FirstDifference[] = [];
  /** Of each codebook: its first differences by frame. */
  const causes: ReadonlyMap<number, FirstDifference>[] = [];
  for (const [codebook, { ids, hopSamples }] of found.entries()) {
    const chainStart = Math.max(...chainStarts.filter((start) => start <= codebook));
    const own = new Map<number, FirstDifference>();
    for (const [frame, id] of ids.entries()) {
      if (id === wanted[codebook]![frame]) continue;
      const cause = causes
        .slice(chainStart)
        .map((earlier, i) => earlier.get(Math.floor((frame * hopSamples) / found[chainStart + i]!.hopSamples)))
        .find((first) => first !== undefined);
      if (cause !== undefined) {
        cause.followers += 1;
        continue;
      }
      const first = { codebook, frame, found: id, wanted: wanted[codebook]![frame]!, followers: 0 };
      firsts.push(first);
      own.set(frame, first);
    }
    causes.push(own);
  }
  return firsts;
}
