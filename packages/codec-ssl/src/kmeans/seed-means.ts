import type { SeededRandom } from '@speech-tokens/core';
import { type DistanceProduct, framesOfRun, meanSet } from './distance-product.ts';
import type { FrameReservoir } from './frame-reservoir.ts';

export interface SeedOptions {
  readonly clusterCount: number;
  readonly random: SeededRandom;
  readonly signal: AbortSignal | undefined;
  /** After each of the means. */
  onMean(count: number): void;
}

/**
 * First means by k-means++: frames, each drawn with a chance proportional to its squared distance from those before it.
 * Of 2 + ⌊ln k⌋ drawn frames the one that lowers the inertia most is taken. Returns `[clusterCount, width]`.
 * Source: Arthur and Vassilvitskii, k-means++ (2007), with the local trials of its section on practice, as scikit-learn's
 * `_kmeans_plusplus` has them.
 */
export async function seedMeans(
  reservoir: FrameReservoir,
  product: DistanceProduct,
  { clusterCount, random, signal, onMean }: SeedOptions,
): Promise<Float32Array> {
  const { width, keptCount } = reservoir;
  const trialCount = 2 + Math.floor(Math.log(clusterCount));
  const norms = squaredNorms(reservoir);
  const means = new Float32Array(clusterCount * width);
  let squaredDistances: Float32Array = new Float32Array(keptCount).fill(Number.POSITIVE_INFINITY);
  for (let count = 0; count < clusterCount; count++) {
    signal?.throwIfAborted();
    const drawn =
      count === 0 ? [random.nextInteger(keptCount)] : drawFrames(squaredDistances, count, trialCount, random);
    const candidates = new Float32Array(drawn.length * width);
    for (const [i, frame] of drawn.entries()) candidates.set(reservoir.frame(frame), i * width);
    const found = await distancesWith(reservoir, product, { candidates, norms, squaredDistances, signal });
    let best = 0;
    for (let i = 1; i < drawn.length; i++) if (found[i]!.inertia < found[best]!.inertia) best = i;
    means.set(candidates.subarray(best * width, (best + 1) * width), count * width);
    squaredDistances = found[best]!.squaredDistances;
    onMean(count + 1);
  }
  return means;
}

function squaredNorms(reservoir: FrameReservoir): Float64Array {
  const { width } = reservoir;
  const norms = new Float64Array(reservoir.keptCount);
  for (const { firstFrame, values } of reservoir.blocks()) {
    for (let i = 0, frame = firstFrame; i < values.length; frame++) {
      let norm = 0;
      for (const end = i + width; i < end; i++) norm += values[i]! * values[i]!;
      norms[frame] = norm;
    }
  }
  return norms;
}

/** Frames with chances as their distances; any frames where all of them lie on a mean. */
function drawFrames(squaredDistances: Float32Array, count: number, trialCount: number, random: SeededRandom): number[] {
  const sums = new Float64Array(squaredDistances.length);
  let total = 0;
  for (let i = 0; i < sums.length; i++) {
    total += squaredDistances[i]!;
    sums[i] = total;
  }
  if (total === 0) return [count % sums.length];
  return Array.from({ length: trialCount }, () => firstAbove(sums, random.nextUnit() * total));
}

/** The first index whose sum is greater than the value, by bisection. */
function firstAbove(sums: Float64Array, value: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

interface Candidates {
  readonly candidates: Float32Array;
  readonly norms: Float64Array;
  readonly squaredDistances: Float32Array;
  readonly signal: AbortSignal | undefined;
}

/** For each candidate: the distances that frames would have with it, and their sum. */
async function distancesWith(
  reservoir: FrameReservoir,
  product: DistanceProduct,
  { candidates, norms, squaredDistances, signal }: Candidates,
): Promise<readonly { readonly squaredDistances: Float32Array; readonly inertia: number }[]> {
  const set = meanSet(candidates, reservoir.width);
  const found = Array.from({ length: set.count }, () => new Float32Array(squaredDistances.length));
  const inertias = new Float64Array(set.count);
  for (const { firstFrame, values } of reservoir.blocks(framesOfRun(set.count))) {
    signal?.throwIfAborted();
    const nearness = await product.nearness(values, set);
    for (let candidate = 0; candidate < set.count; candidate++) {
      const distances = found[candidate]!;
      let inertia = 0;
      for (let row = 0, at = candidate; at < nearness.length; row++, at += set.count) {
        const frame = firstFrame + row;
        // Rounding may bring a frame that lies on a mean below zero.
        const distance = Math.min(squaredDistances[frame]!, Math.max(0, norms[frame]! - nearness[at]!));
        distances[frame] = distance;
        inertia += distance;
      }
      inertias[candidate]! += inertia;
    }
  }
  return found.map((distances, i) => ({ squaredDistances: distances, inertia: inertias[i]! }));
}
