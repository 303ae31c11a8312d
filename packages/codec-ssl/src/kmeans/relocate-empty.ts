import type { FrameReservoir } from './frame-reservoir.ts';

export interface Relocation {
  /** The clusters that have no frame. */
  readonly empty: readonly number[];
  /** The cluster of a frame. */
  readonly labels: Int32Array;
  readonly squaredDistances: Float32Array;
  /** Frames of each cluster. */
  readonly counts: Float64Array;
}

/**
 * Gives each empty cluster a frame of its own: the ones that lie farthest from their means, out of clusters that keep
 * another. `move` is called for each. Clusters stay empty where fewer frames lie apart from their means.
 * Source: scikit-learn, `_relocate_empty_clusters_dense`.
 */
export function relocateEmpty(
  reservoir: FrameReservoir,
  { empty, labels, squaredDistances, counts }: Relocation,
  move: (frame: Float32Array, from: number, to: number) => void,
): void {
  if (empty.length === 0) return;
  const left = counts.slice();
  const byDistance = Uint32Array.from(labels.keys()).sort(
    (a, b) => squaredDistances[b]! - squaredDistances[a]! || a - b,
  );
  let next = 0;
  for (const to of empty) {
    while (next < byDistance.length && left[labels[byDistance[next]!]!]! < 2) next++;
    const index = byDistance[next++];
    if (index === undefined || squaredDistances[index] === 0) return;
    const from = labels[index]!;
    left[from]! -= 1;
    move(reservoir.frame(index), from, to);
  }
}

export function emptyClusters(counts: Float64Array): readonly number[] {
  return [...counts.keys()].filter((cluster) => counts[cluster] === 0);
}
