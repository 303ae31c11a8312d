import {
  assertContinues,
  type CallOptions,
  isCount,
  joined,
  ownChunk,
  type PcmChunk,
  type PlainData,
  type StreamMachine,
  type TokenGrid,
  type TokenSpace,
  trackFrameCounts,
} from '@speech-tokens/core';
import { inOrder } from '../parallel/in-order.ts';
import { runWindow, type WindowGraph, type WindowResult } from './window-graph.ts';
import {
  allWindows,
  paddedLength,
  settledWindows,
  type Window,
  type WindowLayout,
  windowStart,
  windowsFrom,
} from './window-layout.ts';

/** Audio in, tokens out, window by window. */
export class EncoderWindows implements StreamMachine<PcmChunk, TokenGrid> {
  readonly #tokenSpace: TokenSpace;
  readonly #layout: WindowLayout;
  readonly #encoder: WindowGraph;
  readonly #codebookCount: number;
  #samplesPushed = 0;
  #windowsDone = 0;
  /** All samples from the start of the next window on. */
  #pending: Float32Array = new Float32Array(0);

  constructor(
    parts: { readonly tokenSpace: TokenSpace; readonly layout: WindowLayout; readonly encoder: WindowGraph },
    codebookCount: number,
  ) {
    this.#tokenSpace = parts.tokenSpace;
    this.#layout = parts.layout;
    this.#encoder = parts.encoder;
    this.#codebookCount = codebookCount;
  }

  accept(chunk: PcmChunk): PcmChunk {
    return ownChunk(chunk, { sampleRateHz: this.#tokenSpace.sampleRateHz, channelCount: 1 });
  }

  async push(chunk: PcmChunk, options: CallOptions): Promise<readonly TokenGrid[]> {
    assertContinues('audio', chunk.startSample, this.#samplesPushed);
    const samples = chunk.channels[0]!;
    const available = joined([this.#pending, samples]);
    this.#samplesPushed += samples.length;
    return this.#encode(available, settledWindows(this.#layout, this.#samplesPushed), options);
  }

  async flush(options: CallOptions): Promise<readonly TokenGrid[]> {
    const endSample = paddedLength(this.#layout, this.#samplesPushed);
    const rest = new Float32Array(endSample - this.#pendingStart());
    rest.set(this.#pending);
    return this.#encode(rest, allWindows(this.#layout, this.#samplesPushed), options, endSample);
  }

  reset(): void {
    this.#samplesPushed = 0;
    this.#windowsDone = 0;
    this.#pending = new Float32Array(0);
  }

  save(): PlainData {
    return {
      samplesPushed: this.#samplesPushed,
      windowsDone: this.#windowsDone,
      pending: this.#pending.slice(),
    };
  }

  restore(data: PlainData): boolean {
    const { samplesPushed, windowsDone, pending } = (data ?? {}) as Record<string, PlainData>;
    if (!isCount(samplesPushed) || !isCount(windowsDone) || !(pending instanceof Float32Array)) return false;
    const held = Math.max(0, samplesPushed - windowStart(this.#layout, windowsDone));
    if (pending.length !== held) return false;
    this.#samplesPushed = samplesPushed;
    this.#windowsDone = windowsDone;
    this.#pending = pending.slice();
    return true;
  }

  #pendingStart(): number {
    return windowStart(this.#layout, this.#windowsDone);
  }

  /** Runs the windows before number `until`, and gives their tokens as at most one grid. */
  async #encode(
    samples: Float32Array,
    until: number,
    { signal, onProgress }: CallOptions,
    endSample?: number,
  ): Promise<readonly TokenGrid[]> {
    const first = this.#windowsDone;
    const samplesStart = this.#pendingStart();
    const ids = this.#tokenSpace.codebooks.slice(0, this.#codebookCount).map((): Uint32Array[] => []);
    const windows = windowsFrom(this.#layout, first, until, endSample);
    const encode = async (window: Window): Promise<WindowResult> => {
      signal?.throwIfAborted();
      const values = samples.subarray(window.startSample - samplesStart, window.endSample - samplesStart);
      return await runWindow(this.#encoder, window, { samples: { values, shape: [values.length] } });
    };
    for await (const { item: window, result } of inOrder(windows, this.#encoder.replicas.atOnce, encode)) {
      for (const [k, found] of ids.entries()) {
        const hop = this.#tokenSpace.codebooks[k]!.hopSamples!;
        const frames = (sample: number): number => (sample - result.firstSample) / hop;
        const codes = result.outputs[`codes-${k}`]!;
        found.push(Uint32Array.from(codes.subarray(frames(window.coreStartSample), frames(window.coreEndSample))));
      }
      this.#windowsDone += 1;
      const done = Math.min(window.coreEndSample, this.#samplesPushed);
      onProgress?.({ stage: 'Tokenizing', done, total: this.#samplesPushed, unit: 'samples' });
    }
    const [kept, pushed] = [this.#pendingStart() - samplesStart, this.#samplesPushed - samplesStart];
    this.#pending = samples.slice(kept, Math.max(kept, pushed));
    return until > first ? [this.#gridOf(first, ids)] : [];
  }

  #gridOf(firstWindow: number, ids: readonly (readonly Uint32Array[])[]): TokenGrid {
    const tokenSpace = this.#tokenSpace;
    const startSample = firstWindow * this.#layout.windowSamples;
    const sampleCount = Math.min(this.#windowsDone * this.#layout.windowSamples, this.#samplesPushed) - startSample;
    // Padding beyond the last frame of the coarsest hop is the encoder's own, and no part of a grid.
    const { padded } = trackFrameCounts(tokenSpace, sampleCount)!;
    const tracks = ids.map((parts, k) => ({ ids: joined(parts).subarray(0, padded[k]) }));
    return { tokenSpace, startSample, sampleCount, tracks };
  }
}
