import {
  assertContinues,
  type CallOptions,
  createStreamDetokenizer,
  isCount,
  joined,
  ownGrid,
  type PcmChunk,
  type PlainData,
  type SpeechDetokenizerV1,
  type StreamMachine,
  type TokenGrid,
  type TokenSpace,
} from '@speech-tokens/core';
import { type GraphSession, type GraphState, positionNoise } from '@speech-tokens/onnx-graph';
import { framesPerRun } from './frames-per-run.ts';

export interface CausalDetokenizerParts {
  /**
   * A graph `codes int32 [frames, codebooks] → samples [frames · hop]`, with its state carried. A code equal to the
   * codebook's size leaves that codebook out.
   */
  readonly decoder: GraphSession;
  readonly tokenSpace: TokenSpace;
  /** One hop for all codebooks. The decoder's step i settles the samples of frame i - `delayFrames`. */
  readonly hopSamples: number;
  /** 0 where absent. After the last frame come as many that leave out all codebooks. */
  readonly delayFrames?: number;
  /** The graph also takes `noise [frames · hop]`: `positionNoise`, by the decoder's step. */
  readonly takesNoise?: boolean;
  /** Frames that the first run of a stream needs, unless the stream ends before; 1 where absent. */
  readonly firstRunFrames?: number;
  /** The most frames of one run, `framesPerRun` of the rules where absent. */
  readonly framesPerRun?: number;
}

/** A mono detokenizer around a causal decoder: whole grids go the same way as streams, so both give the same audio. */
export function createCausalDetokenizer(parts: CausalDetokenizerParts): SpeechDetokenizerV1 {
  const { tokenSpace, hopSamples, firstRunFrames = 1, delayFrames = 0 } = parts;
  return createStreamDetokenizer({
    tokenSpace,
    audioFormat: { sampleRateHz: tokenSpace.sampleRateHz, channelCount: 1 },
    latencySamples: (firstRunFrames + delayFrames) * hopSamples,
    openStream: ({ codebookCount }) => ({ machine: new DecoderStream(parts, codebookCount) }),
    close: () => parts.decoder.close(),
  });
}

class DecoderStream implements StreamMachine<TokenGrid, PcmChunk> {
  readonly #parts: CausalDetokenizerParts;
  readonly #codebookCount: number | undefined;
  readonly #state: GraphState;
  readonly #firstRunFrames: number;
  readonly #delayFrames: number;
  /** Where the next grid must start; `null` before the first, which may start anywhere. */
  #nextSample: number | null = null;
  /** Frames that the decoder has taken. */
  #framesRun = 0;
  /** Codes `[frames, codebooks]` that do not make the first run yet. */
  #held: Int32Array = new Int32Array(0);
  /** The samples of each frame that has been pushed and not been heard: a hop, or less at the end of a grid. */
  #owed: number[] = [];
  /** Samples that were given, for progress. */
  #heardSamples = 0;

  constructor(parts: CausalDetokenizerParts, codebookCount: number | undefined) {
    this.#parts = parts;
    this.#codebookCount = codebookCount;
    this.#state = parts.decoder.createState();
    this.#firstRunFrames = parts.firstRunFrames ?? 1;
    this.#delayFrames = parts.delayFrames ?? 0;
  }

  accept(grid: TokenGrid): TokenGrid {
    return ownGrid(grid, this.#parts.tokenSpace, this.#codebookCount);
  }

  async push(grid: TokenGrid, options: CallOptions): Promise<readonly PcmChunk[]> {
    const { startSample, sampleCount, tracks } = grid;
    if (this.#nextSample !== null) assertContinues('tokens', startSample, this.#nextSample);
    this.#nextSample = startSample + sampleCount;
    for (let left = sampleCount; left > 0; left -= this.#parts.hopSamples) {
      this.#owed.push(Math.min(left, this.#parts.hopSamples));
    }
    const { codebooks } = this.#parts.tokenSpace;
    const codes = joined([this.#held, interleaved(tracks, codebooks)]);
    if (this.#framesRun === 0 && codes.length < this.#firstRunFrames * codebooks.length) {
      this.#held = codes;
      return [];
    }
    return this.#decode(codes, options);
  }

  async flush(options: CallOptions): Promise<readonly PcmChunk[]> {
    if (this.#owed.length === 0) return [];
    const { codebooks } = this.#parts.tokenSpace;
    const none = Int32Array.from({ length: this.#delayFrames * codebooks.length }, (_, i) => sizeAt(codebooks, i));
    return this.#decode(joined([this.#held, none]), options);
  }

  reset(): void {
    this.#state.reset();
    this.#nextSample = null;
    this.#framesRun = 0;
    this.#held = new Int32Array(0);
    this.#owed = [];
    this.#heardSamples = 0;
  }

  mark(): () => void {
    const network = this.#state.mark();
    const [nextSample, framesRun, held] = [this.#nextSample, this.#framesRun, this.#held];
    const [owed, heardSamples] = [[...this.#owed], this.#heardSamples];
    return () => {
      network();
      this.#nextSample = nextSample;
      this.#framesRun = framesRun;
      this.#held = held;
      this.#owed = owed;
      this.#heardSamples = heardSamples;
    };
  }

  save(): PlainData {
    return {
      network: this.#state.save(),
      nextSample: this.#nextSample,
      framesRun: this.#framesRun,
      held: this.#held.slice(),
      owed: [...this.#owed],
    };
  }

  restore(data: PlainData): boolean {
    const { network, nextSample, framesRun, held, owed } = (data ?? {}) as Record<string, PlainData>;
    if (nextSample !== null && !Number.isSafeInteger(nextSample)) return false;
    if (!isCount(framesRun) || !(held instanceof Int32Array) || !Array.isArray(owed)) return false;
    const { codebooks } = this.#parts.tokenSpace;
    if (!held.every((id, i) => id >= 0 && id <= sizeAt(codebooks, i))) return false;
    const frames = held.length / codebooks.length + Math.min(framesRun, this.#delayFrames);
    const isOwed = (samples: PlainData): boolean =>
      isCount(samples) && samples > 0 && samples <= this.#parts.hopSamples;
    // After a flush nothing is owed any more.
    const fits = owed.length === frames || (owed.length === 0 && held.length === 0);
    if (!fits || !owed.every(isOwed)) return false;
    if (this.#state.restore(network) !== undefined) return false;
    this.#nextSample = nextSample as number | null;
    this.#framesRun = framesRun;
    this.#held = held.slice();
    this.#owed = [...(owed as number[])];
    return true;
  }

  /** Runs these codes and gives what is settled by then: at most one chunk. */
  async #decode(codes: Int32Array, { signal, onProgress }: CallOptions): Promise<readonly PcmChunk[]> {
    const { decoder, hopSamples, tokenSpace, takesNoise } = this.#parts;
    const width = tokenSpace.codebooks.length;
    const frameCount = codes.length / width;
    const runFrames = Math.max(this.#parts.framesPerRun ?? framesPerRun, this.#firstRunFrames);
    const skipped = Math.max(0, this.#delayFrames - this.#framesRun);
    const owed = sum(this.#owed);
    const startSample = this.#nextSample! - owed;
    const total = this.#heardSamples + owed;
    const settled = this.#owed.splice(0, Math.max(0, frameCount - skipped));
    const heard = new Float32Array(sum(settled));
    let at = 0;
    for (let start = 0; start < frameCount; start += runFrames) {
      signal?.throwIfAborted();
      const values = codes.subarray(start * width, (start + runFrames) * width);
      const count = values.length / width;
      const noise = takesNoise ? positionNoise(this.#framesRun * hopSamples, count * hopSamples) : undefined;
      const { samples } = await decoder.run(
        {
          codes: { values, shape: [count, width] },
          ...(noise === undefined ? {} : { noise: { values: noise, shape: [noise.length] } }),
        },
        this.#state,
      );
      for (let frame = Math.max(0, skipped - start); frame < count; frame++) {
        const first = frame * hopSamples;
        const length = settled[start + frame - skipped]!;
        heard.set((samples as Float32Array).subarray(first, first + length), at);
        at += length;
      }
      this.#framesRun += count;
      onProgress?.({ stage: 'Detokenizing', done: this.#heardSamples + at, total, unit: 'samples' });
    }
    this.#heardSamples += at;
    this.#held = new Int32Array(0);
    if (heard.length === 0) return [];
    return [{ sampleRateHz: tokenSpace.sampleRateHz, startSample, channels: [heard] }];
  }
}

/** Codes `[frames, codebooks]` of the whole space; codebooks beyond the tracks are left out. */
function interleaved(tracks: TokenGrid['tracks'], codebooks: TokenSpace['codebooks']): Int32Array {
  const count = codebooks.length;
  const frameCount = tracks[0]!.ids.length;
  const codes = new Int32Array(frameCount * count);
  for (const [k, { size }] of codebooks.entries()) {
    const ids = tracks[k]?.ids;
    for (let frame = 0; frame < frameCount; frame++) codes[frame * count + k] = ids === undefined ? size : ids[frame]!;
  }
  return codes;
}

/** The size of the codebook of the i-th of interleaved codes. */
function sizeAt(codebooks: TokenSpace['codebooks'], i: number): number {
  return codebooks[i % codebooks.length]!.size;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
