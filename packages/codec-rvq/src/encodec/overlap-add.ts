/** The end of a segment, which the next one overlaps: its samples times their weights, and the weights. */
export interface SegmentTail {
  readonly weighted: readonly Float32Array[];
  readonly weights: Float32Array;
}

/**
 * Joins decoded segments: each is faded in and out by a triangle over its length, and where two overlap, their weighted
 * sum is divided by the sum of the weights. Source: facebookresearch/encodec, encodec/utils.py, `_linear_overlap_add`.
 * @param channels one decoded segment
 * @param before the tail of the segment before it, if there is one
 * @param strideSamples from this segment to the next
 * @param windowSamples length of the first segment of the stream: the triangle's
 */
export function overlapAdd(
  channels: readonly Float32Array[],
  before: SegmentTail | undefined,
  strideSamples: number,
  windowSamples: number,
): { readonly settled: readonly Float32Array[]; readonly tail: SegmentTail } {
  const length = channels[0]!.length;
  const overlap = Math.min(before?.weights.length ?? 0, length);
  const settled = channels.map((samples, channel) => {
    const result = samples.slice(0, strideSamples);
    for (let i = 0; i < Math.min(overlap, result.length); i++) {
      const weight = triangle(i, windowSamples);
      const sum = before!.weighted[channel]![i]! + weight * samples[i]!;
      result[i] = sum / (before!.weights[i]! + weight);
    }
    return result;
  });
  const weights = Float32Array.from({ length: Math.max(0, length - strideSamples) }, (_, i) =>
    triangle(strideSamples + i, windowSamples),
  );
  const weighted = channels.map((samples) => weights.map((weight, i) => weight * samples[strideSamples + i]!));
  return { settled, tail: { weighted, weights } };
}

/** From near 0 at both ends to ½ in the middle. */
function triangle(index: number, length: number): number {
  return 0.5 - Math.abs((index + 1) / (length + 1) - 0.5);
}
