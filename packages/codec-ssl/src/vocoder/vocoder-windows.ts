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
import type { GraphSession, TensorInput } from '@speech-tokens/onnx-graph';
import type { WaveformInputs } from './unit-detokenizer.ts';
import { unitsAfterEnd } from './unit-order.ts';

/** How a recording is cut into windows: on one grid that starts with it, whatever the pieces in which it comes. */
export interface UnitWindows {
  /** Frames that one run settles. */
  readonly coreFrames: number;
  /** Frames that it sees on either side, at least the receptive field. */
  readonly contextFrames: number;
}

export interface VocoderWindowsParts {
  readonly tokenSpace: TokenSpace;
  readonly windows: UnitWindows;
  readonly session: GraphSession;
  readonly inputs: WaveformInputs;
}

/**
 * Units in, sound out, window by window. Each window is computed once, from the same frames: so a stream equals the whole.
 * Units of windows (`TokenSpace.windowSamples`) end before their recording does: what they do not cover is silence.
 */
export class VocoderWindows implements StreamMachine<TokenGrid, PcmChunk> {
  readonly #parts: VocoderWindowsParts;
  readonly #hop: number;
  /** Where the first grid starts: windows are counted from there. `null` before it. */
  #originSample: number | null = null;
  #samplesPushed = 0;
  #windowsDone = 0;
  #framesPushed = 0;
  /** The units that the next window and those after it see. */
  #pending: Int32Array = new Int32Array(0);

  constructor(parts: VocoderWindowsParts) {
    this.#parts = parts;
    this.#hop = parts.tokenSpace.codebooks[0]!.hopSamples!;
  }

  accept(grid: TokenGrid): TokenGrid {
    return ownGrid(grid, this.#parts.tokenSpace, undefined);
  }

  async push({ startSample, sampleCount, tracks }: TokenGrid, options: CallOptions): Promise<readonly PcmChunk[]> {
    if (this.#originSample !== null) assertContinues('tokens', startSample, this.#originSample + this.#samplesPushed);
    this.#originSample ??= startSample;
    if (sampleCount === 0) return [];
    const { ids } = tracks[0]!;
    if (ids.length > 0 && this.#framesPushed * this.#hop !== this.#samplesPushed) {
      throw unitsAfterEnd(this.#framesPushed, this.#samplesPushed / this.#hop);
    }
    const units = joined([this.#pending, Int32Array.from(ids)]);
    this.#framesPushed += ids.length;
    this.#samplesPushed += sampleCount;
    const { coreFrames, contextFrames } = this.#parts.windows;
    const frames = Math.floor(this.#samplesPushed / this.#hop);
    return this.#decode(units, Math.max(0, Math.floor((frames - contextFrames) / coreFrames)), options);
  }

  flush(options: CallOptions): Promise<readonly PcmChunk[]> {
    const windowSamples = this.#parts.windows.coreFrames * this.#hop;
    return this.#decode(this.#pending, Math.ceil(this.#samplesPushed / windowSamples), options);
  }

  reset(): void {
    this.#originSample = null;
    this.#samplesPushed = 0;
    this.#windowsDone = 0;
    this.#framesPushed = 0;
    this.#pending = new Int32Array(0);
  }

  save(): PlainData {
    return {
      originSample: this.#originSample,
      samplesPushed: this.#samplesPushed,
      framesPushed: this.#framesPushed,
      windowsDone: this.#windowsDone,
      pending: this.#pending.slice(),
    };
  }

  restore(data: PlainData): boolean {
    const { originSample, samplesPushed, framesPushed, windowsDone, pending } = (data ?? {}) as Record<
      string,
      PlainData
    >;
    if (!isCount(samplesPushed) || !isCount(windowsDone) || !isCount(framesPushed)) return false;
    if (originSample !== null && !isCount(originSample)) return false;
    const { size } = this.#parts.tokenSpace.codebooks[0]!;
    if (!(pending instanceof Int32Array) || !pending.every((id) => id >= 0 && id < size)) return false;
    if (windowsDone * this.#parts.windows.coreFrames > samplesPushed / this.#hop) return false;
    if (framesPushed > Math.ceil(samplesPushed / this.#hop)) return false;
    if (pending.length !== Math.max(0, framesPushed - this.#firstFrame(windowsDone))) return false;
    this.#originSample = originSample;
    this.#samplesPushed = samplesPushed;
    this.#framesPushed = framesPushed;
    this.#windowsDone = windowsDone;
    this.#pending = pending.slice();
    return true;
  }

  /** The first frame that a window sees. */
  #firstFrame(window: number): number {
    const { coreFrames, contextFrames } = this.#parts.windows;
    return Math.max(0, window * coreFrames - contextFrames);
  }

  /** Runs the windows before number `until`, and gives their sound as at most one chunk. */
  async #decode(units: Int32Array, until: number, { signal, onProgress }: CallOptions): Promise<readonly PcmChunk[]> {
    const first = this.#windowsDone;
    const unitsStart = this.#firstFrame(first);
    const windowSamples = this.#parts.windows.coreFrames * this.#hop;
    const firstSample = first * windowSamples;
    const samples = new Float32Array(Math.max(0, Math.min(until * windowSamples, this.#samplesPushed) - firstSample));
    for (let window = first; window < until; window++) {
      signal?.throwIfAborted();
      const coreStart = window * windowSamples - firstSample;
      await this.#decodeWindow(window, units, unitsStart, samples.subarray(coreStart, coreStart + windowSamples));
      this.#windowsDone = window + 1;
      const done = Math.min(this.#windowsDone * windowSamples, this.#samplesPushed);
      onProgress?.({ stage: 'Detokenizing', done, total: this.#samplesPushed, unit: 'samples' });
    }
    this.#pending = units.slice(Math.min(units.length, this.#firstFrame(this.#windowsDone) - unitsStart));
    if (until <= first) return [];
    const { sampleRateHz } = this.#parts.tokenSpace;
    return [{ sampleRateHz, startSample: this.#originSample! + firstSample, channels: [samples] }];
  }

  async #decodeWindow(window: number, units: Int32Array, unitsStart: number, core: Float32Array): Promise<void> {
    const { windows, session, inputs } = this.#parts;
    const { coreFrames, contextFrames } = windows;
    const coreStart = window * coreFrames;
    // No unit of this window: its recording went on for less than a unit needs.
    if (coreStart >= this.#framesPushed) return;
    const start = this.#firstFrame(window);
    const fullEnd = coreStart + coreFrames + contextFrames;
    const end = Math.min(fullEnd, this.#framesPushed);
    const [cutBefore, cutAfter] = [start > 0, this.#isCutAfter(fullEnd)];
    const cut: TensorInput = { values: Int32Array.of(Number(cutBefore), Number(cutAfter)), shape: [2] };
    const given = inputs(units.subarray(start - unitsStart, end - unitsStart));
    const { samples } = await session.run({ ...given, cut }, session.createState());
    const from = cutBefore ? 0 : coreStart * this.#hop;
    core.set((samples as Float32Array).subarray(from, from + core.length));
  }

  /** Whether frames may follow those that a window sees: as many as it wants are there, and so are their samples. */
  #isCutAfter(fullEnd: number): boolean {
    return fullEnd <= this.#framesPushed && fullEnd * this.#hop <= this.#samplesPushed;
  }
}
