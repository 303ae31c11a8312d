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
  /**
   * The runs that the ids stand for, one id's after the other's: how many frames each lasts, at least 1. Those of an id
   * add up to its duration. Present if and only if the token space's `durations` are `spans-of-runs`.
   */
  readonly runDurationsFrames?: Uint32Array;
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

/** A grid without tokens, for an empty recording: it still says of which token space, and of how many codebooks. */
export function emptyGrid(tokenSpace: TokenSpace, codebookCount: number): TokenGrid {
  const tracks = Array.from({ length: codebookCount }, () => emptyTrack(tokenSpace));
  return { tokenSpace, startSample: 0, sampleCount: 0, tracks };
}

/** The track of a codebook for which there are no frames. */
export function emptyTrack({ durations }: TokenSpace): TokenTrack {
  const ids = new Uint32Array(0);
  if (durations === undefined) return { ids };
  const durationsFrames = new Uint32Array(0);
  return durations === 'spans-of-runs'
    ? { ids, durationsFrames, runDurationsFrames: new Uint32Array(0) }
    : { ids, durationsFrames };
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
