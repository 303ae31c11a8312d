/** One stream of ids in a token space. */
export interface Codebook {
  /** Unique within its token space, for example `codebook-0` or `semantic`. */
  readonly name: string;
  /** Ids are integers in [0, size). */
  readonly size: number;
  /**
   * Samples at the token space's sample rate that one frame of this codebook spans.
   * Absent where ids carry no clock of their own: units whose durations were thrown away, flattened streams.
   */
  readonly hopSamples?: number;
}

/**
 * The transform that made a token space out of another. It travels with the space, so that what was done to a grid can
 * be undone by whoever holds the grid.
 */
export interface TokenSpaceDerivation {
  /** The transform, for example `merge-repeats` or `flatten`. */
  readonly transform: string;
  /** What the transform was told, as its documentation lays down; survives JSON. Absent where it takes nothing. */
  readonly settings?: JsonData;
  /** The space before the transform. */
  readonly tokenSpace: TokenSpace;
}

/** Data that survives JSON unchanged. */
export type JsonData = null | boolean | number | string | readonly JsonData[] | { readonly [key: string]: JsonData };

/**
 * Segments in which a codec codes audio, each by itself: segment s starts at sample s · strideSamples and covers
 * lengthSamples, so that neighbours overlap; it is shorter where the audio ends within it. Every segment that starts
 * before the end of the audio is coded, and has ⌈its samples / hop⌉ frames of each codebook.
 */
export interface TokenSegments {
  /** From strideSamples to twice as many. */
  readonly lengthSamples: number;
  readonly strideSamples: number;
}

/**
 * What ids mean. Parts fit together (a tokenizer and a detokenizer, a grid and a language model)
 * if and only if the ids of their token spaces are equal.
 */
export interface TokenSpace {
  /** Changes whenever the same audio would give other ids: it names the method and its weights. */
  readonly id: string;
  /** The clock of the space: every sample count beside its tokens is at this rate. */
  readonly sampleRateHz: number;
  /** Coarse to fine. */
  readonly codebooks: readonly Codebook[];
  /**
   * Present where tracks hold the frames of one overlapping segment after those of another (EnCodec at 48 kHz), and not
   * one run of frames. All codebooks then have one hop, and a whole segment has at most one frame more than its stride takes.
   */
  readonly segments?: TokenSegments;
  /**
   * Present where a codec works on blocks that are longer than its coarsest frame (SNAC with attention): grids are cut at
   * multiples of it, and the last one may be padded to its end. In samples; a multiple of every hop, and not with `segments`.
   */
  readonly blockSamples?: number;
  /**
   * Present where a frame is made of a whole window of audio (self-supervised encoders: 400 samples every 320): frame n of a
   * recording stands for the windowSamples from n · hop on, and audio at its end that fills no window has no frame. At most
   * two hops; less than one where a frame is made as soon as a part of its hop is there (160 samples of 640). All codebooks
   * then have one hop, and there are no segments and no blocks.
   */
  readonly windowSamples?: number;
  /**
   * True where the first K codebooks alone are a valid, decodable grid, for every K ≥ 1 (residual quantizers).
   */
  readonly prefixDecodable: boolean;
  /**
   * How long ids last. Absent: each one frame, and tracks carry no durations. `runs`: an id lasts as long as it repeats,
   * so neighbours differ, and it may be cut at any frame. `spans`: an id stands for several frames that belong together.
   * `spans-of-runs`: an id stands for several runs that belong together, and tracks carry the duration of each run too.
   */
  readonly durations?: 'runs' | 'spans' | 'spans-of-runs';
  /** Present where a transform made this space. */
  readonly derivedFrom?: TokenSpaceDerivation;
}

/** Whether ids stand for several frames that belong together, so that tracks cannot be cut at any frame. */
export function hasSpans({ durations }: TokenSpace): boolean {
  return durations === 'spans' || durations === 'spans-of-runs';
}

/** Frames per second of one codebook (its tokens per second, unless they have durations); `undefined` where it carries no clock. */
export function frameRateHz(space: TokenSpace, codebook: Codebook): number | undefined {
  const { hopSamples } = codebook;
  if (hopSamples === undefined) return undefined;
  if (space.segments === undefined) return space.sampleRateHz / hopSamples;
  const { lengthSamples, strideSamples } = space.segments;
  return (space.sampleRateHz * Math.ceil(lengthSamples / hopSamples)) / strideSamples;
}

/**
 * Bits per second of the first `codebookCount` codebooks, each id at log2(size) bits;
 * `undefined` where one of them carries no clock, or where ids have durations: the rate then depends on the audio.
 */
export function bitrateBps(space: TokenSpace, codebookCount: number = space.codebooks.length): number | undefined {
  if (space.durations !== undefined) return undefined;
  let total = 0;
  for (const codebook of space.codebooks.slice(0, codebookCount)) {
    const rate = frameRateHz(space, codebook);
    if (rate === undefined) return undefined;
    total += rate * Math.log2(codebook.size);
  }
  return total;
}
