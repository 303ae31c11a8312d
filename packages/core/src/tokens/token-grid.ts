import type { TokenSpace } from './token-space.ts';

/** The ids of one codebook, in time order. */
export interface TokenTrack {
  /** Integers in [0, codebook.size). */
  readonly ids: Uint32Array;
  /**
   * How many frames (of `hopSamples`) each id lasts, at least 1, as long as `ids`. Present if and only if the token
   * space has `durations`: merged repeats and byte pairs carry their timing here, so that it can be restored exactly.
   */
  readonly durationsFrames?: Uint32Array;
}

/** Values that a codec needs beside its ids to decode (for example one loudness scale a segment). */
export interface SideTrack {
  readonly name: string;
  /** Samples at the token space's rate that one row of `values` spans. */
  readonly hopSamples: number;
  readonly valuesPerFrame: number;
  /**
   * `[rows, valuesPerFrame]`, row by row; finite. Row r of a stream covers the samples from r·hopSamples, whatever the
   * grid's own start: the first row here is the one that covers `startSample`, the last the one that covers the end.
   */
  readonly values: Float32Array;
}

/** The tokens of one stretch of audio. Plain data: it can be cloned, stored and sent to another process. */
export interface TokenGrid {
  readonly tokenSpace: TokenSpace;
  /**
   * Where the stretch starts, in samples at the token space's rate. A multiple of every hop (of `alignmentSamples`),
   * unless the stretch is empty.
   */
  readonly startSample: number;
  /** Real audio in the stretch, before any padding; detokenizers give exactly this many samples (at their own rate). */
  readonly sampleCount: number;
  /**
   * The first K codebooks of the space, 1 ≤ K; each on its own clock. Ids beyond K are never padded in.
   * Either every track has `frameCountFor(sampleCount, hopSamples)` frames, or every track is padded to the end of the
   * last frame of the coarsest hop, or of the last block (codecs that encode them as a whole). In segments and in windows
   * frames are counted otherwise; see `trackFrameCounts`.
   */
  readonly tracks: readonly TokenTrack[];
  readonly sideTracks?: readonly SideTrack[];
}

/** Frames of `hopSamples` that cover `sampleCount` samples: the last may reach past the end. */
export function frameCountFor(sampleCount: number, hopSamples: number): number {
  return Math.ceil(sampleCount / hopSamples);
}

/** Frames that a track spans: its ids, or the sum of their durations. */
export function trackFrameCount(track: TokenTrack): number {
  if (track.durationsFrames === undefined) return track.ids.length;
  let total = 0;
  for (const duration of track.durationsFrames) total += duration;
  return total;
}
