import {
  assertContinues,
  type CallOptions,
  createStreamDetokenizer,
  joined,
  ownGrid,
  type PcmChunk,
  type PlainData,
  type SpeechDetokenizerV1,
  type StreamMachine,
  type TokenGrid,
  type TokenSpace,
} from '@speech-tokens/core';
import type { GraphSession, GraphState } from '@speech-tokens/onnx-graph';
import { framesPerRun } from './frames-per-run.ts';

export interface CausalDetokenizerParts {
  /**
   * A graph `codes int32 [frames, codebooks] → samples [frames · hop]`, with its state carried. A code equal to the
   * codebook's size leaves that codebook out.
   */
  readonly decoder: GraphSession;
  readonly tokenSpace: TokenSpace;
  /** One hop for all codebooks. The decoder's step i settles the samples of frame i. */
  readonly hopSamples: number;
  /** Frames that the first run of a stream needs, unless the stream ends before; 1 where absent. */
  readonly firstRunFrames?: number;
  /** The most frames of one run, `framesPerRun` of the rules where absent. */
  readonly framesPerRun?: number;
}

/** A mono detokenizer around a causal decoder: whole grids go the same way as streams, so both give the same audio. */
export function createCausalDetokenizer(parts: CausalDetokenizerParts): SpeechDetokenizerV1 {
  const { tokenSpace, hopSamples, firstRunFrames = 1 } = parts;
  return createStreamDetokenizer({
    tokenSpace,
    audioFormat: { sampleRateHz: tokenSpace.sampleRateHz, channelCount: 1 },
    latencySamples: firstRunFrames * hopSamples,
    openStream: ({ codebookCount }) => ({ machine: new DecoderStream(parts, codebookCount) }),
    close: () => parts.decoder.close(),
  });
}

class DecoderStream implements StreamMachine<TokenGrid, PcmChunk> {
  readonly #parts: CausalDetokenizerParts;
  readonly #codebookCount: number | undefined;
  readonly #state: GraphState;
  readonly #firstRunFrames: number;
  /** Where the next grid must start; `null` before the first, which may start anywhere. */
  #nextSample: number | null = null;
  #hasRun = false;
  /** Codes `[frames, codebooks]` that do not make the first run yet, and the samples that they stand for. */
  #held: Int32Array = new Int32Array(0);
  #heldSamples = 0;

  constructor(parts: CausalDetokenizerParts, codebookCount: number | undefined) {
    this.#parts = parts;
    this.#codebookCount = codebookCount;
    this.#state = parts.decoder.createState();
    this.#firstRunFrames = parts.firstRunFrames ?? 1;
  }

  accept(grid: TokenGrid): TokenGrid {
    return ownGrid(grid, this.#parts.tokenSpace, this.#codebookCount);
  }

  async push(grid: TokenGrid, options: CallOptions): Promise<readonly PcmChunk[]> {
    const { startSample, sampleCount, tracks } = grid;
    if (this.#nextSample !== null) assertContinues('tokens', startSample, this.#nextSample);
    this.#nextSample = startSample + sampleCount;
    if (sampleCount === 0) return [];
    const codes = joined([this.#held, interleaved(tracks, this.#parts.tokenSpace)]);
    const samples = this.#heldSamples + sampleCount;
    if (!this.#hasRun && codes.length < this.#firstRunFrames * this.#parts.tokenSpace.codebooks.length) {
      this.#hold(codes, samples);
      return [];
    }
    return this.#decode(codes, samples, options);
  }

  async flush(options: CallOptions): Promise<readonly PcmChunk[]> {
    return this.#heldSamples === 0 ? [] : this.#decode(this.#held, this.#heldSamples, options);
  }

  reset(): void {
    this.#state.reset();
    this.#nextSample = null;
    this.#hasRun = false;
    this.#hold(new Int32Array(0), 0);
  }

  save(): PlainData {
    return {
      network: this.#state.save(),
      nextSample: this.#nextSample,
      hasRun: this.#hasRun,
      held: this.#held.slice(),
      heldSamples: this.#heldSamples,
    };
  }

  restore(data: PlainData): boolean {
    const { network, nextSample, hasRun, held, heldSamples } = (data ?? {}) as Record<string, PlainData>;
    if (nextSample !== null && !Number.isSafeInteger(nextSample)) return false;
    if (typeof hasRun !== 'boolean' || !(held instanceof Int32Array) || !this.#mayHold(held, heldSamples)) return false;
    if (this.#state.restore(network) !== undefined) return false;
    this.#nextSample = nextSample as number | null;
    this.#hasRun = hasRun;
    this.#hold(held.slice(), heldSamples as number);
    return true;
  }

  #hold(codes: Int32Array, samples: number): void {
    this.#held = codes;
    this.#heldSamples = samples;
  }

  /** Whether saved codes can be decoded: whole frames of ids that there are, and no more samples than they give. */
  #mayHold(codes: Int32Array, samples: PlainData | undefined): boolean {
    const { codebooks } = this.#parts.tokenSpace;
    const frames = codes.length / codebooks.length;
    return (
      Number.isInteger(frames) &&
      Number.isSafeInteger(samples) &&
      Math.ceil((samples as number) / this.#parts.hopSamples) === frames &&
      codes.every((id, i) => id >= 0 && id <= codebooks[i % codebooks.length]!.size)
    );
  }

  /** Decodes codes that end at the end of the last grid. */
  async #decode(codes: Int32Array, sampleCount: number, options: CallOptions): Promise<readonly PcmChunk[]> {
    const { decoder, hopSamples, tokenSpace } = this.#parts;
    const { signal, onProgress } = options;
    const width = tokenSpace.codebooks.length;
    const frameCount = codes.length / width;
    const runFrames = Math.max(this.#parts.framesPerRun ?? framesPerRun, this.#firstRunFrames);
    const samples = new Float32Array(frameCount * hopSamples);
    for (let start = 0; start < frameCount; start += runFrames) {
      signal?.throwIfAborted();
      const end = Math.min(frameCount, start + runFrames);
      const values = codes.subarray(start * width, end * width);
      const decoded = await decoder.run({ codes: { values, shape: [end - start, width] } }, this.#state);
      samples.set(decoded.samples!, start * hopSamples);
      onProgress?.({ stage: 'Detokenizing', done: end * hopSamples, total: samples.length, unit: 'samples' });
    }
    this.#hasRun = true;
    this.#hold(new Int32Array(0), 0);
    const startSample = this.#nextSample! - sampleCount;
    return [{ sampleRateHz: tokenSpace.sampleRateHz, startSample, channels: [samples.subarray(0, sampleCount)] }];
  }
}

/** Codes `[frames, codebooks]` of the whole space; codebooks beyond the tracks are left out. */
function interleaved(tracks: TokenGrid['tracks'], space: TokenSpace): Int32Array {
  const count = space.codebooks.length;
  const frameCount = tracks[0]!.ids.length;
  const codes = new Int32Array(frameCount * count);
  for (const [k, { size }] of space.codebooks.entries()) {
    const ids = tracks[k]?.ids;
    for (let frame = 0; frame < frameCount; frame++) codes[frame * count + k] = ids === undefined ? size : ids[frame]!;
  }
  return codes;
}
