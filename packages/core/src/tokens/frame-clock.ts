import { frameCountFor, type TokenGrid } from './token-grid.ts';
import type { TokenSegments, TokenSpace } from './token-space.ts';

/**
 * The samples that stretches of a space can be cut at: the least common multiple of all its hops, its blocks, or the stride
 * of its segments. A space without a clock takes it from the space that it is derived from; `undefined` where that has none either.
 */
export function alignmentSamples(space: TokenSpace): number | undefined {
  if (space.segments !== undefined) return space.segments.strideSamples;
  if (space.blockSamples !== undefined) return space.blockSamples;
  const hops = hopsOf(space);
  if (hops !== undefined) return hops.reduce(leastCommonMultiple, 1);
  return space.derivedFrom === undefined ? undefined : alignmentSamples(space.derivedFrom.tokenSpace);
}

/** The hops of all codebooks; `undefined` where one of them carries no clock. */
function hopsOf(space: TokenSpace): readonly number[] | undefined {
  const hops: number[] = [];
  for (const { hopSamples } of space.codebooks) {
    if (hopSamples === undefined) return undefined;
    hops.push(hopSamples);
  }
  return hops;
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}

/**
 * How many frames the tracks of a stretch have, per codebook of the space: just those that cover the samples (`exact`),
 * or all up to the end of the last frame of the coarsest hop, or of the last block (`padded`). The two are the same where the space has
 * one hop, and where the samples end on a coarse frame; and `padded` is `exact` where a hop does not divide the coarsest.
 * In segments, `exact` are the frames of audio that ends with the stretch; where it ends with the stride of a segment, the
 * audio may go on, and `padded` are the frames with the last segment whole. In windows likewise: `exact` are the windows
 * within the stretch, and where it ends with a hop, `padded` are those that start in it.
 * `undefined` where a codebook carries no clock.
 */
export function trackFrameCounts(
  space: TokenSpace,
  sampleCount: number,
): { readonly exact: readonly number[]; readonly padded: readonly number[] } | undefined {
  const hops = hopsOf(space);
  if (hops === undefined) return undefined;
  const { segments } = space;
  if (segments !== undefined) {
    const exact = hops.map((hop) => segmentFrames(segments, hop, sampleCount));
    if (sampleCount % segments.strideSamples !== 0) return { exact, padded: exact };
    const count = sampleCount / segments.strideSamples;
    return { exact, padded: hops.map((hop) => count * frameCountFor(segments.lengthSamples, hop)) };
  }
  const { windowSamples } = space;
  if (windowSamples !== undefined) {
    const exact = hops.map((hop) => wholeWindows(windowSamples, hop, sampleCount));
    return { exact, padded: hops.map((hop, k) => (sampleCount % hop === 0 ? sampleCount / hop : exact[k]!)) };
  }
  const unit = space.blockSamples ?? Math.max(...hops);
  const exact = hops.map((hop) => frameCountFor(sampleCount, hop));
  if (hops.some((hop) => unit % hop !== 0)) return { exact, padded: exact };
  const unitCount = frameCountFor(sampleCount, unit);
  return { exact, padded: hops.map((hop) => unitCount * (unit / hop)) };
}

/** Windows that lie within audio of this length. */
function wholeWindows(windowSamples: number, hop: number, sampleCount: number): number {
  return Math.max(0, Math.floor((sampleCount - windowSamples) / hop) + 1);
}

/** Frames of audio in segments: of those that are whole, and of the one or two that its end cuts short. */
function segmentFrames({ lengthSamples, strideSamples }: TokenSegments, hop: number, sampleCount: number): number {
  const whole = sampleCount < lengthSamples ? 0 : Math.floor((sampleCount - lengthSamples) / strideSamples) + 1;
  let frames = whole * frameCountFor(lengthSamples, hop);
  for (let left = sampleCount - whole * strideSamples; left > 0; left -= strideSamples) {
    frames += frameCountFor(left, hop);
  }
  return frames;
}

/**
 * How many frames of a codebook lie before a sample of a stretch, at which it can be cut: a multiple of
 * `alignmentSamples`. The codebook has a hop.
 */
export function framesBefore(stretch: Stretch, codebookIndex: number, sample: number): number {
  const { tokenSpace, startSample, sampleCount } = stretch;
  const hop = tokenSpace.codebooks[codebookIndex]?.hopSamples as number;
  const { segments, windowSamples } = tokenSpace;
  const offset = sample - startSample;
  // In segments and windows, what is left has the frames of audio by itself.
  if (segments !== undefined) {
    return segmentFrames(segments, hop, sampleCount) - segmentFrames(segments, hop, sampleCount - offset);
  }
  if (windowSamples !== undefined) {
    const windows = (samples: number): number => wholeWindows(windowSamples, hop, samples);
    return windows(sampleCount) - windows(sampleCount - offset);
  }
  return offset / hop;
}

/** A stretch of a stream, both ends in samples from the stream's start. */
export interface SampleRange {
  readonly startSample: number;
  readonly endSample: number;
}

/** What a range is measured against: a grid, or a token file. */
export type Stretch = Pick<TokenGrid, 'tokenSpace' | 'startSample' | 'sampleCount'>;

/**
 * The least range around a given one that `sliceGrid` can cut out: both ends moved outward to multiples of
 * `alignmentSamples`, but not past the ends of the stretch. A range outside the stretch gives an empty one at the nearer
 * end. A stretch without a clock cannot be cut: the result is all of it.
 */
export function alignRangeOutward(stretch: Stretch, { startSample, endSample }: SampleRange): SampleRange {
  const first = stretch.startSample;
  const last = first + stretch.sampleCount;
  const step = hopsOf(stretch.tokenSpace) === undefined ? undefined : alignmentSamples(stretch.tokenSpace);
  if (step === undefined) return { startSample: first, endSample: last };
  const from = Math.max(first, Math.floor(startSample / step) * step);
  const to = Math.min(last, Math.ceil(endSample / step) * step);
  if (from >= last) return { startSample: last, endSample: last };
  return { startSample: from, endSample: Math.max(from, to) };
}

/** Rows of a side track that a stretch of samples touches: the first one's number in the stream, and how many. */
export function sideRows(
  hopSamples: number,
  { startSample, endSample }: SampleRange,
): { readonly firstRow: number; readonly rowCount: number } {
  const firstRow = Math.floor(startSample / hopSamples);
  return { firstRow, rowCount: endSample > startSample ? Math.ceil(endSample / hopSamples) - firstRow : 0 };
}
