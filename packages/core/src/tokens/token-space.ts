/** One stream of ids in a token space. */
export interface Codebook {
  /** Unique within its token space, for example `codebook-0` or `semantic`. */
  readonly name: string;
  /** Ids are integers in [0, size). */
  readonly size: number;
  /**
   * Samples at the token space's sample rate that one frame of this codebook spans.
   * Absent where tokens carry no clock at all (units whose durations were thrown away).
   */
  readonly hopSamples?: number;
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
   * True where the first K codebooks alone are a valid, decodable grid, for every K ≥ 1 (residual quantizers).
   */
  readonly prefixDecodable: boolean;
}

/** Tokens per second of one codebook at full rate; `undefined` where it carries no clock. */
export function frameRateHz(space: TokenSpace, codebook: Codebook): number | undefined {
  return codebook.hopSamples === undefined ? undefined : space.sampleRateHz / codebook.hopSamples;
}

/**
 * Bits per second of the first `codebookCount` codebooks, each id at log2(size) bits;
 * `undefined` where one of them carries no clock.
 */
export function bitrateBps(space: TokenSpace, codebookCount: number = space.codebooks.length): number | undefined {
  let total = 0;
  for (const codebook of space.codebooks.slice(0, codebookCount)) {
    const rate = frameRateHz(space, codebook);
    if (rate === undefined) return undefined;
    total += rate * Math.log2(codebook.size);
  }
  return total;
}
