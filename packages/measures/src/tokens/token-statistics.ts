import { type Codebook, frameRateHz, SpeechTokensError, type TokenGrid, type TokenSpace } from '@speech-tokens/core';
import { type CodeCounts, createCodeCounts } from './code-counts.ts';

/** How often one id occurred. */
export interface CodeCount {
  readonly id: number;
  readonly count: number;
}

/** Stretches in which one id repeats. */
export interface RunStatistics {
  readonly count: number;
  readonly meanFrames: number;
  readonly longestFrames: number;
  /** The id of the longest run, the first one where several are as long. */
  readonly longestId: number;
  /** Where that run starts, in frames from the start of the first grid. */
  readonly longestStartFrame: number;
}

/** What one codebook's ids look like. */
export interface CodebookStatistics {
  readonly name: string;
  readonly size: number;
  readonly tokenCount: number;
  /** Frames that the tokens last: as many as tokens where none carries a duration. */
  readonly frameCount: number;
  readonly usedCodeCount: number;
  readonly unusedCodeCount: number;
  /** Shannon entropy of the distribution of ids, in bits a token; 0 … log2(size). */
  readonly entropyBits: number;
  /** entropyBits / log2(size): 1 when every code of the book occurs equally often. 1 for a book of one code. */
  readonly entropyOfAllCodes: number;
  /** entropyBits / log2(usedCodeCount): 1 when the codes that occur do so equally often. 1 where only one does. */
  readonly entropyOfUsedCodes: number;
  /** 2 ** entropyBits: as if this many codes were used equally often. */
  readonly perplexity: number;
  /** `undefined` where there are no tokens. */
  readonly runs: RunStatistics | undefined;
  /** By the clock of the token space; `undefined` where the codebook has none. */
  readonly frameRateHz: number | undefined;
  /** Tokens a second of audio, as counted; `undefined` where there is no audio. */
  readonly tokenRateHz: number | undefined;
  /** frameRateHz · log2(size); `undefined` where the codebook has no clock. */
  readonly nominalBitrateBps: number | undefined;
  /**
   * tokenRateHz · entropyBits: what an ideal coder that knows these counts, and nothing of the order, would need.
   * Durations of merged repeats are not in it.
   */
  readonly entropyCodedBitrateBps: number | undefined;
  /** The most frequent first; equal counts by id. */
  readonly codeCounts: readonly CodeCount[];
}

export interface TokenStatistics {
  readonly sampleCount: number;
  readonly durationSeconds: number;
  /** One entry a codebook that the grids have. */
  readonly codebooks: readonly CodebookStatistics[];
  readonly tokenCount: number;
  /** Sums over the codebooks; `undefined` where one of them is. */
  readonly tokenRateHz: number | undefined;
  readonly nominalBitrateBps: number | undefined;
  readonly entropyCodedBitrateBps: number | undefined;
}

/** Counts tokens of a stream of grids. Memory grows with the sizes of the codebooks, not with the stream. */
export interface TokenStatisticsMeter {
  /**
   * @throws SpeechTokensError `token-space-mismatch` when the grid is of another token space
   * @throws SpeechTokensError `token-grid-invalid` when an id is out of range, or codebooks come or go
   */
  push(grid: TokenGrid): void;
  result(): TokenStatistics;
}

/** Runs of equal ids continue from one grid to the next: grids are pushed in order of time. */
export function createTokenStatistics(space: TokenSpace): TokenStatisticsMeter {
  let tracks: TrackMeter[] | undefined;
  let sampleCount = 0;
  return {
    push(grid) {
      requireSameSpace(space, grid);
      tracks ??= space.codebooks.slice(0, grid.tracks.length).map(createTrackMeter);
      if (tracks.length !== grid.tracks.length) throw codebooksChanged(tracks.length, grid.tracks.length);
      for (const [index, track] of grid.tracks.entries()) tracks[index]!.push(track.ids, track.durationsFrames);
      sampleCount += grid.sampleCount;
    },
    result() {
      const durationSeconds = sampleCount / space.sampleRateHz;
      const codebooks = (tracks ?? []).map((track) => track.result(space, durationSeconds));
      return {
        sampleCount,
        durationSeconds,
        codebooks,
        tokenCount: codebooks.reduce((total, { tokenCount }) => total + tokenCount, 0),
        tokenRateHz: sumOf(codebooks.map((each) => each.tokenRateHz)),
        nominalBitrateBps: sumOf(codebooks.map((each) => each.nominalBitrateBps)),
        entropyCodedBitrateBps: sumOf(codebooks.map((each) => each.entropyCodedBitrateBps)),
      };
    },
  };
}

interface TrackMeter {
  push(ids: Uint32Array, durationsFrames?: Uint32Array): void;
  result(space: TokenSpace, durationSeconds: number): CodebookStatistics;
}

function createTrackMeter(codebook: Codebook): TrackMeter {
  const counts = createCodeCounts(codebook.size);
  const runs = createRunMeter();
  let tokenCount = 0;
  return {
    push(ids, durationsFrames) {
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i]!;
        if (id >= codebook.size) throw idOutOfRange(codebook, id);
        counts.add(id);
        runs.add(id, durationsFrames?.[i] ?? 1);
      }
      tokenCount += ids.length;
    },
    result(space, durationSeconds) {
      const { entropyBits, codeCounts } = summarize(counts, tokenCount);
      const usedCodeCount = codeCounts.length;
      const rateHz = frameRateHz(space, codebook);
      const tokenRateHz = durationSeconds > 0 ? tokenCount / durationSeconds : undefined;
      return {
        name: codebook.name,
        size: codebook.size,
        tokenCount,
        frameCount: runs.frameCount(),
        usedCodeCount,
        unusedCodeCount: codebook.size - usedCodeCount,
        entropyBits,
        entropyOfAllCodes: codebook.size > 1 ? entropyBits / Math.log2(codebook.size) : 1,
        entropyOfUsedCodes: usedCodeCount > 1 ? entropyBits / Math.log2(usedCodeCount) : 1,
        perplexity: 2 ** entropyBits,
        runs: runs.result(),
        frameRateHz: rateHz,
        tokenRateHz,
        nominalBitrateBps: rateHz === undefined ? undefined : rateHz * Math.log2(codebook.size),
        entropyCodedBitrateBps: tokenRateHz === undefined ? undefined : tokenRateHz * entropyBits,
        codeCounts,
      };
    },
  };
}

function summarize(counts: CodeCounts, tokenCount: number): { entropyBits: number; codeCounts: CodeCount[] } {
  const codeCounts: CodeCount[] = [];
  let entropyBits = 0;
  counts.forEach((count, id) => {
    codeCounts.push({ id, count });
    entropyBits += (count / tokenCount) * Math.log2(tokenCount / count);
  });
  codeCounts.sort((a, b) => b.count - a.count || a.id - b.id);
  return { entropyBits, codeCounts };
}

interface RunMeter {
  add(id: number, frames: number): void;
  frameCount(): number;
  result(): RunStatistics | undefined;
}

function createRunMeter(): RunMeter {
  let frames = 0;
  let count = 0;
  let current = { id: -1, frames: 0, startFrame: 0 };
  let longest = current;
  return {
    add(id, duration) {
      if (id !== current.id) {
        count++;
        current = { id, frames: 0, startFrame: frames };
      }
      frames += duration;
      current.frames += duration;
      if (current.frames > longest.frames || longest.id < 0) longest = current;
    },
    frameCount: () => frames,
    result() {
      if (count === 0) return undefined;
      return {
        count,
        meanFrames: frames / count,
        longestFrames: longest.frames,
        longestId: longest.id,
        longestStartFrame: longest.startFrame,
      };
    },
  };
}

function sumOf(values: readonly (number | undefined)[]): number | undefined {
  let total = 0;
  for (const value of values) {
    if (value === undefined) return undefined;
    total += value;
  }
  return total;
}

function requireSameSpace(space: TokenSpace, grid: TokenGrid): void {
  if (grid.tokenSpace.id === space.id) return;
  throw new SpeechTokensError('token-space-mismatch', {
    problem: 'Tokens of another token space cannot be counted together with these',
    found: grid.tokenSpace.id,
    wanted: space.id,
    remedy: 'Make one `createTokenStatistics` for each token space',
    details: { foundId: grid.tokenSpace.id, wantedId: space.id },
  });
}

function codebooksChanged(before: number, now: number): SpeechTokensError {
  return new SpeechTokensError('token-grid-invalid', {
    problem: 'The number of codebooks changes within one stream of grids',
    found: `${now} codebooks after grids of ${before}`,
    wanted: `${before} (at most as many as the token space has)`,
    remedy: 'Count streams with different numbers of codebooks apart from each other',
    details: {},
  });
}

function idOutOfRange(codebook: Codebook, id: number): SpeechTokensError {
  return new SpeechTokensError('token-grid-invalid', {
    problem: `An id lies outside its codebook ${codebook.name}`,
    found: String(id),
    wanted: `an integer in [0, ${codebook.size})`,
    remedy: 'Check where the tokens come from: the file may be damaged, or of another token space',
    details: { codebook: codebook.name },
  });
}
