import {
  assertContinues,
  type CallOptions,
  createStreamTokenizer,
  joined,
  ownChunk,
  type PcmChunk,
  type PlainData,
  type SpeechTokenizerV1,
  type StreamMachine,
  type TokenGrid,
  type TokenSpace,
} from '@speech-tokens/core';
import type { BuiltGraph, GraphSession, GraphState } from '@speech-tokens/onnx-graph';
import { createGraphPool } from '../family/graph-pool.ts';
import { framesPerRun } from './frames-per-run.ts';

/** `Encoder` is what the family makes of its graphs: one graph, or several that run one after another. */
export interface CausalTokenizerParts<Encoder = BuiltGraph> {
  readonly tokenSpace: TokenSpace;
  /** One hop for all codebooks. */
  readonly hopSamples: number;
  /**
   * How many frames late the encoder is: its step i codes frame i − lookaheadFrames. The first steps of a stream give
   * nothing, and as many steps of silence follow its end.
   */
  readonly lookaheadFrames: number;
  /** Frames that the first run of a stream needs, unless the stream ends before; 1 where absent. */
  readonly firstRunFrames?: number;
  /**
   * Who fills the last frame of a stream: zeros where absent; with `graph`, the last run is given the samples as they are,
   * and the encoder pads them its own way. It then has no look-ahead.
   */
  readonly lastFrame?: 'graph';
  /**
   * A graph `samples [frames · hop] → codes int32 [frames, codebookCount]` of the first `codebookCount` codebooks, with its
   * state carried.
   */
  buildEncoder(codebookCount: number): Encoder;
  /** Loads an encoder: once for each count that is asked for. */
  openGraph(graph: Encoder): Promise<GraphSession>;
  /** The most frames of one run, `framesPerRun` of the rules where absent. */
  readonly framesPerRun?: number;
}

/**
 * A mono tokenizer around a causal encoder: whole clips go the same way as streams, so both give the same tokens.
 * @throws SpeechTokensError `checkpoint-invalid` when the encoder cannot be built
 */
export function createCausalTokenizer<Encoder = BuiltGraph>(parts: CausalTokenizerParts<Encoder>): SpeechTokenizerV1 {
  const { tokenSpace, hopSamples, lookaheadFrames, firstRunFrames = 1 } = parts;
  // A checkpoint that does not fit is refused now, not at the first call.
  parts.buildEncoder(tokenSpace.codebooks.length);
  const graphs = createGraphPool((codebookCount) => parts.openGraph(parts.buildEncoder(codebookCount)));
  return createStreamTokenizer({
    tokenSpace,
    audioFormat: { sampleRateHz: tokenSpace.sampleRateHz, channelCount: 1 },
    latencySamples: (lookaheadFrames + firstRunFrames) * hopSamples,
    openStream: async (codebookCount) => new EncoderStream(parts, await graphs.get(codebookCount), codebookCount),
    close: () => graphs.close(),
  });
}

class EncoderStream implements StreamMachine<PcmChunk, TokenGrid> {
  readonly #parts: CausalTokenizerParts<unknown>;
  readonly #codebookCount: number;
  readonly #encoder: GraphSession;
  readonly #state: GraphState;
  readonly #firstRunFrames: number;
  /** Samples pushed that do not fill a frame yet, or not the first run. */
  #pending: Float32Array = new Float32Array(0);
  #samplesPushed = 0;
  /** Frames that went through the encoder. */
  #steps = 0;

  constructor(parts: CausalTokenizerParts<unknown>, encoder: GraphSession, codebookCount: number) {
    this.#parts = parts;
    this.#encoder = encoder;
    this.#codebookCount = codebookCount;
    this.#state = encoder.createState();
    this.#firstRunFrames = parts.firstRunFrames ?? 1;
  }

  accept(chunk: PcmChunk): PcmChunk {
    return ownChunk(chunk, { sampleRateHz: this.#parts.tokenSpace.sampleRateHz, channelCount: 1 });
  }

  async push(chunk: PcmChunk, options: CallOptions): Promise<readonly TokenGrid[]> {
    assertContinues('audio', chunk.startSample, this.#samplesPushed);
    const samples = chunk.channels[0]!;
    this.#samplesPushed += samples.length;
    const available = joined([this.#pending, samples]);
    const whole = available.length - (available.length % this.#parts.hopSamples);
    const ready = whole < this.#neededSamples() ? 0 : whole;
    this.#pending = available.slice(ready);
    return this.#encode(available.subarray(0, ready), options);
  }

  async flush(options: CallOptions): Promise<readonly TokenGrid[]> {
    const { hopSamples, lookaheadFrames, lastFrame } = this.#parts;
    const missing = Math.ceil(this.#samplesPushed / hopSamples) + lookaheadFrames - this.#steps;
    if (this.#samplesPushed === 0) return [];
    const tail = new Float32Array(lastFrame === 'graph' ? this.#pending.length : missing * hopSamples);
    tail.set(this.#pending);
    this.#pending = new Float32Array(0);
    return this.#encode(tail, options);
  }

  reset(): void {
    this.#state.reset();
    this.#pending = new Float32Array(0);
    this.#samplesPushed = 0;
    this.#steps = 0;
  }

  mark(): () => void {
    const network = this.#state.mark();
    const [pending, samplesPushed, steps] = [this.#pending, this.#samplesPushed, this.#steps];
    return () => {
      network();
      this.#pending = pending;
      this.#samplesPushed = samplesPushed;
      this.#steps = steps;
    };
  }

  save(): PlainData {
    return {
      network: this.#state.save(),
      pending: this.#pending.slice(),
      samplesPushed: this.#samplesPushed,
      steps: this.#steps,
    };
  }

  restore(data: PlainData): boolean {
    const { network, pending, samplesPushed, steps } = (data ?? {}) as Record<string, PlainData>;
    const valid =
      pending instanceof Float32Array &&
      Number.isSafeInteger(samplesPushed) &&
      Number.isSafeInteger(steps) &&
      pending.length < this.#neededSamples(steps as number) &&
      this.#state.restore(network) === undefined;
    if (!valid) return false;
    this.#pending = pending.slice();
    this.#samplesPushed = samplesPushed as number;
    this.#steps = steps as number;
    return true;
  }

  /** Samples that make a run after `steps` frames. */
  #neededSamples(steps: number = this.#steps): number {
    return (steps === 0 ? this.#firstRunFrames : 1) * this.#parts.hopSamples;
  }

  /** Runs frames, and gives the tokens that are settled by them as at most one grid. */
  async #encode(samples: Float32Array, { signal, onProgress }: CallOptions): Promise<readonly TokenGrid[]> {
    const { hopSamples, lookaheadFrames, tokenSpace } = this.#parts;
    const frameCount = Math.ceil(samples.length / hopSamples);
    const runFrames = Math.max(this.#parts.framesPerRun ?? framesPerRun, this.#firstRunFrames);
    const firstStep = this.#steps;
    const tracks = Array.from({ length: this.#codebookCount }, () => ({ ids: new Uint32Array(frameCount) }));
    for (let start = 0; start < frameCount; start += runFrames) {
      signal?.throwIfAborted();
      const end = Math.min(frameCount, start + runFrames);
      const values = samples.subarray(start * hopSamples, end * hopSamples);
      const { codes } = await this.#encoder.run({ samples: { values, shape: [values.length] } }, this.#state);
      for (const [k, { ids }] of tracks.entries()) {
        for (let frame = start; frame < end; frame++) ids[frame] = codes![(frame - start) * this.#codebookCount + k]!;
      }
      this.#steps += end - start;
      onProgress?.({
        stage: 'Tokenizing',
        done: Math.min(this.#steps * hopSamples, this.#samplesPushed),
        total: this.#samplesPushed,
        unit: 'samples',
      });
    }
    const skipped = Math.max(0, lookaheadFrames - firstStep);
    if (frameCount <= skipped) return [];
    const startSample = (firstStep + skipped - lookaheadFrames) * hopSamples;
    return [
      {
        tokenSpace,
        startSample,
        sampleCount: Math.min((frameCount - skipped) * hopSamples, this.#samplesPushed - startSample),
        tracks: tracks.map(({ ids }) => ({ ids: ids.subarray(skipped) })),
      },
    ];
  }
}
