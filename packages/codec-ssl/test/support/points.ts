/** As in tools/reference/make_kmeans.py. */
export interface PointsCase {
  readonly seed: number;
  readonly frames: number;
  readonly width: number;
  readonly groups: number;
  readonly spread: number;
  readonly offset: number;
}

/** `[frames, width]`: groups around centres; the very points that tools/reference/make_kmeans.py makes. */
export function pointsOf({ seed, frames, width, groups, spread, offset }: PointsCase): Float32Array {
  let state = BigInt(seed);
  const unit = (): number => {
    state = (1_664_525n * state + 1_013_904_223n) % 2n ** 32n;
    return Number(state) / 2 ** 32;
  };
  const centres = Array.from({ length: groups }, () => Array.from({ length: width }, () => 8 * unit() - 4));
  const values = new Float32Array(frames * width);
  for (let frame = 0; frame < frames; frame++) {
    const centre = centres[frame % groups]!;
    const noise = Array.from({ length: width }, () => unit() + unit() + unit() + unit() - 2);
    for (let i = 0; i < width; i++) values[frame * width + i] = offset + centre[i]! + spread * noise[i]!;
  }
  return values;
}
