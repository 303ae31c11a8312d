import {
  assertContinues,
  type CallOptions,
  isCount,
  joined,
  ownGrid,
  type PcmChunk,
  type PlainData,
  type StreamMachine,
  type TokenGrid,
  type TokenSpace,
} from '@speech-tokens/core';
import type { TensorInput } from '@speech-tokens/onnx-graph';
import { inOrder } from '../parallel/in-order.ts';
import { runWindow, type WindowGraph } from './window-graph.ts';
import {
  allWindows,
  paddedLength,
  settledWindows,
  type Window,
  type WindowLayout,
  windowStart,
  windowsFrom,
} from './window-layout.ts';
import type { DecoderConditioning } from './windowed-detokenizer.ts';

export interface DecoderWindowsParts {
  readonly tokenSpace: TokenSpace;
  readonly layout: WindowLayout;
  readonly decoder: WindowGraph;
  readonly codebookCount: number | undefined;
  readonly conditioning: DecoderConditioning | undefined;
}

/** Tokens in, audio out, window by window. */
export class DecoderWindows implements StreamMachine<TokenGrid, PcmChunk> {
  readonly #parts: DecoderWindowsParts;
  /** Where the first grid starts: windows are counted from there. `null` before it. */
  #originSample: number | null = null;
  #samplesPushed = 0;
  #windowsDone = 0;
  /** For each codebook of the space, all codes from the start of the next window on; its size where it is left out. */
  #pending: readonly Int32Array[];

  constructor(parts: DecoderWindowsParts) {
    this.#parts = parts;
    this.#pending = this.#noCodes();
  }

  accept(grid: TokenGrid): TokenGrid {
    return ownGrid(grid, this.#parts.tokenSpace, this.#parts.codebookCount);
  }

  async push(grid: TokenGrid, options: CallOptions): Promise<readonly PcmChunk[]> {
    const { startSample, sampleCount } = grid;
    if (this.#originSample !== null) {
      assertContinues('tokens', startSample, this.#originSample + this.#samplesPushed);
    }
    this.#originSample ??= startSample;
    if (sampleCount === 0) return [];
    const added = this.#codesOf(grid);
    const available = this.#pending.map((codes, k) => joined([codes, added[k]!]));
    this.#samplesPushed += sampleCount;
    return this.#decode(available, settledWindows(this.#parts.layout, this.#samplesPushed), options);
  }

  async flush(options: CallOptions): Promise<readonly PcmChunk[]> {
    const { layout, tokenSpace } = this.#parts;
    const endSample = paddedLength(layout, this.#samplesPushed);
    const rest = tokenSpace.codebooks.map(({ size, hopSamples }, k) => {
      const codes = new Int32Array((endSample - this.#pendingStart()) / hopSamples!).fill(size);
      codes.set(this.#pending[k]!);
      return codes;
    });
    return this.#decode(rest, allWindows(layout, this.#samplesPushed), options, endSample);
  }

  reset(): void {
    this.#originSample = null;
    this.#samplesPushed = 0;
    this.#windowsDone = 0;
    this.#pending = this.#noCodes();
  }

  save(): PlainData {
    return {
      originSample: this.#originSample,
      samplesPushed: this.#samplesPushed,
      windowsDone: this.#windowsDone,
      pending: this.#pending.map((codes) => codes.slice()),
    };
  }

  restore(data: PlainData): boolean {
    const { originSample, samplesPushed, windowsDone, pending } = (data ?? {}) as Record<string, PlainData>;
    if (!isCount(samplesPushed) || !isCount(windowsDone)) return false;
    if (originSample !== null && !isCount(originSample)) return false;
    if (!this.#areCodes(pending, samplesPushed - windowStart(this.#parts.layout, windowsDone))) return false;
    this.#originSample = originSample;
    this.#samplesPushed = samplesPushed;
    this.#windowsDone = windowsDone;
    this.#pending = pending.map((codes) => codes.slice());
    return true;
  }

  #noCodes(): readonly Int32Array[] {
    return this.#parts.tokenSpace.codebooks.map(() => new Int32Array(0));
  }

  #pendingStart(): number {
    return windowStart(this.#parts.layout, this.#windowsDone);
  }

  /** Whether saved codes can be decoded: ids that there are, and frames that cover the samples held. */
  #areCodes(codes: PlainData | undefined, heldSamples: number): codes is readonly Int32Array[] {
    const { tokenSpace, layout } = this.#parts;
    if (!Array.isArray(codes) || codes.length !== tokenSpace.codebooks.length) return false;
    return tokenSpace.codebooks.every(({ size, hopSamples }, k) => {
      const ids: unknown = codes[k];
      if (!(ids instanceof Int32Array) || !ids.every((id) => id >= 0 && id <= size)) return false;
      const spanned = ids.length * hopSamples!;
      return spanned >= heldSamples && spanned < Math.max(0, heldSamples) + layout.paddingSamples;
    });
  }

  /** The codes of a grid for every codebook of the space: those beyond its tracks are left out. */
  #codesOf({ tracks, sampleCount }: TokenGrid): readonly Int32Array[] {
    return this.#parts.tokenSpace.codebooks.map(({ size, hopSamples }, k) => {
      const ids = tracks[k]?.ids;
      return ids === undefined ? new Int32Array(Math.ceil(sampleCount / hopSamples!)).fill(size) : Int32Array.from(ids);
    });
  }

  /** Runs the windows before number `until`, and gives their audio as at most one chunk. */
  async #decode(
    codes: readonly Int32Array[],
    until: number,
    { signal, onProgress }: CallOptions,
    endSample?: number,
  ): Promise<readonly PcmChunk[]> {
    const { layout, tokenSpace, decoder } = this.#parts;
    const first = this.#windowsDone;
    const codesStart = this.#pendingStart();
    const firstSample = first * layout.windowSamples;
    const sampleCount = Math.max(0, Math.min(until * layout.windowSamples, this.#samplesPushed) - firstSample);
    const samples = new Float32Array(sampleCount);
    const windows = windowsFrom(layout, first, until, endSample);
    const decode = async (window: Window): Promise<number> => {
      signal?.throwIfAborted();
      const end = Math.min(window.coreEndSample, this.#samplesPushed);
      const core = samples.subarray(window.coreStartSample - firstSample, end - firstSample);
      await this.#decodeWindow(codes, codesStart, window, core);
      return end;
    };
    for await (const { result: done } of inOrder(windows, decoder.replicas.atOnce, decode)) {
      this.#windowsDone += 1;
      onProgress?.({ stage: 'Detokenizing', done, total: this.#samplesPushed, unit: 'samples' });
    }
    const dropped = this.#pendingStart() - codesStart;
    this.#pending = codes.map((ids, k) => ids.slice(dropped / tokenSpace.codebooks[k]!.hopSamples!));
    if (until <= first) return [];
    const { sampleRateHz } = tokenSpace;
    return [{ sampleRateHz, startSample: this.#originSample! + firstSample, channels: [samples] }];
  }

  /** Writes the samples of a window's core into `core`, which may end before it. */
  async #decodeWindow(
    codes: readonly Int32Array[],
    codesStart: number,
    window: Window,
    core: Float32Array,
  ): Promise<void> {
    const { tokenSpace, decoder, conditioning } = this.#parts;
    const inputs: Record<string, TensorInput> = {};
    for (const [k, { hopSamples }] of tokenSpace.codebooks.entries()) {
      const frame = (sample: number): number => (sample - codesStart) / hopSamples!;
      const values = codes[k]!.subarray(frame(window.startSample), frame(window.endSample));
      inputs[`codes-${k}`] = { values, shape: [values.length] };
    }
    const origin = this.#originSample!;
    const further = conditioning?.inputsAt(origin + window.startSample, origin + window.endSample);
    const { outputs, firstSample } = await runWindow(decoder, window, { ...inputs, ...further });
    const from = window.coreStartSample - firstSample;
    core.set(outputs['samples']!.subarray(from, from + core.length));
  }
}
