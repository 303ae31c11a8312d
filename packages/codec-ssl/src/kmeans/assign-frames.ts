import { type DistanceProduct, framesOfRun, type MeanSet } from './distance-product.ts';
import type { FrameReservoir } from './frame-reservoir.ts';

/** Which mean is nearest to each frame, and what follows from it. */
export interface Assignment {
  /** `[frames]` */
  readonly labels: Int32Array;
  /** To the nearest mean, `[frames]`. */
  readonly squaredDistances: Float32Array;
  /** Of the frames of each mean, `[means, width]`. */
  readonly sums: Float64Array;
  /** Frames of each mean. */
  readonly counts: Float64Array;
  /** The sum of all squared distances. */
  readonly inertia: number;
}

/** Assigns all kept frames. The product only finds the nearest: distances are then taken exactly. */
export async function assignFrames(
  reservoir: FrameReservoir,
  product: DistanceProduct,
  means: MeanSet,
  signal: AbortSignal | undefined,
): Promise<Assignment> {
  const { width, keptCount } = reservoir;
  const labels = new Int32Array(keptCount);
  const squaredDistances = new Float32Array(keptCount);
  const sums = new Float64Array(means.values.length);
  const counts = new Float64Array(means.count);
  let inertia = 0;
  for (const { firstFrame, values } of reservoir.blocks(framesOfRun(means.count))) {
    signal?.throwIfAborted();
    const found = await product.nearest(values, means);
    labels.set(found, firstFrame);
    for (let row = 0; row < found.length; row++) {
      const label = found[row]!;
      const distance = addFrame(values, row * width, means.values, sums, label * width, width);
      squaredDistances[firstFrame + row] = distance;
      counts[label]! += 1;
      inertia += distance;
    }
  }
  return { labels, squaredDistances, sums, counts, inertia };
}

/** Adds a frame to the sum of its mean. Returns its squared distance from the mean. */
export function addFrame(
  values: Float32Array,
  frameAt: number,
  means: Float32Array,
  sums: Float64Array,
  meanAt: number,
  width: number,
): number {
  let distance = 0;
  for (let i = 0; i < width; i++) {
    const value = values[frameAt + i]!;
    const difference = value - means[meanAt + i]!;
    distance += difference * difference;
    sums[meanAt + i]! += value;
  }
  return distance;
}
