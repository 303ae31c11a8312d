import type { TokenGrid, TokenSpace } from '@speech-tokens/core';

/**
 * The tokens of one codebook on the time axis of a picture. Plain data: it can be sent and stored. All samples are at the
 * picture's rate, and need not be whole.
 */
export interface TokenLane {
  readonly name: string;
  readonly size: number;
  readonly ids: Uint32Array;
  /** Where the first token starts, and how far they lie apart; the latter for those without `boundaries`. */
  readonly firstSample: number;
  readonly hopSamples: number;
  /** `[tokens + 1]`: where each starts, and where the last ends. Where tokens last differently long. */
  readonly boundaries?: Float64Array;
}

/**
 * The lanes of a grid, coarse to fine; without those of codebooks that have no clock.
 * @param sampleRateHz of the picture
 */
export function lanesOf(
  { tokenSpace, startSample, sampleCount, tracks }: TokenGrid,
  sampleRateHz: number,
): readonly TokenLane[] {
  const scale = sampleRateHz / tokenSpace.sampleRateHz;
  return tracks.flatMap(({ ids, durationsFrames }, k) => {
    const { name, size, hopSamples } = tokenSpace.codebooks[k]!;
    if (hopSamples === undefined) return [];
    const uniform = { name, size, ids, firstSample: startSample * scale, hopSamples: hopSamples * scale };
    const frames = durationsFrames?.reduce((sum, frame) => sum + frame, 0) ?? ids.length;
    const starts = frameStarts(tokenSpace, hopSamples, sampleCount, frames);
    if (starts === undefined && durationsFrames === undefined) return [uniform];
    const boundaries = new Float64Array(ids.length + 1);
    for (let i = 0, frame = 0; i <= ids.length; i++) {
      boundaries[i] = (startSample + (starts?.[frame] ?? frame * hopSamples)) * scale;
      frame += durationsFrames?.[i] ?? 1;
    }
    return [{ ...uniform, boundaries }];
  });
}

/** Starts of frames in overlapping segments, `[frames + 1]`; a frame ends where the next segment starts. `undefined` without segments. */
function frameStarts(
  { segments }: TokenSpace,
  hopSamples: number,
  sampleCount: number,
  frameCount: number,
): Float64Array | undefined {
  if (segments === undefined) return undefined;
  const starts = new Float64Array(frameCount + 1).fill(sampleCount);
  for (let segment = 0, frame = 0; frame < frameCount; segment++) {
    const start = segment * segments.strideSamples;
    const frames = Math.ceil(Math.min(segments.lengthSamples, Math.max(1, sampleCount - start)) / hopSamples);
    for (let i = 0; i < frames && frame < frameCount; i++) {
      starts[frame++] = Math.min(start + i * hopSamples, start + segments.strideSamples, sampleCount);
    }
  }
  return starts;
}

export function tokenStart(lane: TokenLane, index: number): number {
  return lane.boundaries?.[index] ?? lane.firstSample + index * lane.hopSamples;
}

/** The token that lasts at a sample; `undefined` before the first and after the last. */
export function tokenAt(lane: TokenLane, sample: number): number | undefined {
  const count = lane.ids.length;
  if (count === 0 || sample < tokenStart(lane, 0) || sample >= tokenStart(lane, count)) return undefined;
  const { boundaries } = lane;
  if (boundaries === undefined) {
    // Rounding may put a start just before itself.
    const index = Math.max(0, Math.min(count - 1, Math.floor((sample - lane.firstSample) / lane.hopSamples)));
    if (index + 1 < count && tokenStart(lane, index + 1) <= sample) return index + 1;
    return tokenStart(lane, index) > sample ? index - 1 : index;
  }
  let [low, high] = [0, count - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (boundaries[middle]! <= sample) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Tokens that lie in a range, wholly or in part: from the first to before the second. */
export function tokensIn(lane: TokenLane, startSample: number, endSample: number): readonly [number, number] {
  const count = lane.ids.length;
  if (count === 0 || endSample <= tokenStart(lane, 0) || startSample >= tokenStart(lane, count)) return [0, 0];
  const first = tokenAt(lane, startSample) ?? 0;
  const last = tokenAt(lane, endSample);
  if (last === undefined) return [first, count];
  return [first, tokenStart(lane, last) < endSample ? last + 1 : last];
}

/** All tokens with an id. */
export function usesOf(lane: TokenLane, id: number): readonly number[] {
  const uses: number[] = [];
  for (let i = lane.ids.indexOf(id); i !== -1; i = lane.ids.indexOf(id, i + 1)) uses.push(i);
  return uses;
}
