import type { SeededRandom } from '@speech-tokens/core';
import { addFrame, assignFrames } from './assign-frames.ts';
import { type DistanceProduct, framesOfRun, meanSet } from './distance-product.ts';
import type { FrameReservoir } from './frame-reservoir.ts';
import { emptyClusters, relocateEmpty } from './relocate-empty.ts';

/** What one pass over the kept frames makes of the means. */
export interface Refined {
  readonly means: Float32Array;
  /** Of the means before the pass; with mini-batches of those that each frame met. */
  readonly inertia: number;
  /** How far the means moved, squared, all together. */
  readonly squaredShift: number;
}

/**
 * One iteration of Lloyd's algorithm: each mean becomes that of the frames that are nearest to it. Means without a frame
 * are put on the frames that lie farthest from theirs.
 * Source: Lloyd, Least Squares Quantization in PCM (1982).
 */
export async function lloydPass(
  reservoir: FrameReservoir,
  product: DistanceProduct,
  means: Float32Array,
  signal: AbortSignal | undefined,
): Promise<Refined> {
  const { width } = reservoir;
  const assignment = await assignFrames(reservoir, product, meanSet(means, width), signal);
  const { sums, counts, inertia } = assignment;
  relocateEmpty(reservoir, { ...assignment, empty: emptyClusters(counts) }, (frame, from, to) => {
    for (let i = 0; i < width; i++) {
      sums[from * width + i]! -= frame[i]!;
      sums[to * width + i] = frame[i]!;
    }
    counts[from]! -= 1;
    counts[to] = 1;
  });
  const moved = means.map((value, i) => {
    const count = counts[Math.floor(i / width)]!;
    return count === 0 ? value : sums[i]! / count;
  });
  return { means: moved, inertia, squaredShift: squaredDistance(means, moved) };
}

export interface BatchPass {
  readonly batchFrames: number;
  /** Frames that each mean has met in all passes; is counted on. */
  readonly counts: Float64Array;
  readonly random: SeededRandom;
  readonly signal: AbortSignal | undefined;
}

/**
 * A pass in mini-batches of shuffled frames: after each, a mean moves towards its frames of the batch, the less the more
 * frames it has met. Means that met none in the whole pass are put on the frames that lay farthest.
 * Source: Sculley, Web-Scale K-Means Clustering (2010), with whole batches at once.
 */
export async function batchPass(
  reservoir: FrameReservoir,
  product: DistanceProduct,
  before: Float32Array,
  { batchFrames, counts, random, signal }: BatchPass,
): Promise<Refined> {
  const { width, keptCount } = reservoir;
  const means = before.slice();
  const order = shuffled(keptCount, random);
  const labels = new Int32Array(keptCount);
  const squaredDistances = new Float32Array(keptCount);
  const countsOfPass = new Float64Array(counts.length);
  const stepFrames = Math.min(batchFrames, framesOfRun(counts.length));
  const batch = new Float32Array(stepFrames * width);
  let inertia = 0;
  for (let first = 0; first < keptCount; first += batchFrames) {
    const end = Math.min(first + batchFrames, keptCount);
    const set = meanSet(means, width);
    const sums = new Float64Array(means.length);
    const countsOfBatch = new Float64Array(counts.length);
    for (let start = first; start < end; start += stepFrames) {
      signal?.throwIfAborted();
      const frames = order.subarray(start, Math.min(start + stepFrames, end));
      for (const [row, frame] of frames.entries()) batch.set(reservoir.frame(frame), row * width);
      const found = await product.nearest(batch.subarray(0, frames.length * width), set);
      for (const [row, frame] of frames.entries()) {
        const label = found[row]!;
        const distance = addFrame(batch, row * width, means, sums, label * width, width);
        labels[frame] = label;
        squaredDistances[frame] = distance;
        countsOfBatch[label]! += 1;
        inertia += distance;
      }
    }
    for (const [cluster, count] of countsOfBatch.entries()) {
      if (count === 0) continue;
      const met = counts[cluster]!;
      for (let i = cluster * width; i < (cluster + 1) * width; i++) {
        means[i] = (means[i]! * met + sums[i]!) / (met + count);
      }
      counts[cluster] = met + count;
      countsOfPass[cluster]! += count;
    }
  }
  const empty = emptyClusters(countsOfPass);
  relocateEmpty(reservoir, { empty, labels, squaredDistances, counts: countsOfPass }, (frame, _from, to) => {
    means.set(frame, to * width);
    counts[to] = 0;
  });
  return { means, inertia, squaredShift: squaredDistance(before, means) };
}

/** Fisher and Yates. */
function shuffled(count: number, random: SeededRandom): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.nextInteger(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}
