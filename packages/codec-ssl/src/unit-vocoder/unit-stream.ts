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
import type { GraphSession, GraphState } from '@speech-tokens/onnx-graph';
import { unitsAfterEnd } from '../vocoder/unit-order.ts';
import { positionNoise } from './position-noise.ts';

/** Frames of one run: the step at which a call can be aborted, some tens of milliseconds. */
const framesPerRun = 100;

export interface UnitStreamParts {
  readonly tokenSpace: TokenSpace;
  /** A graph of `buildUnitVocoderGraph`. */
  readonly session: GraphSession;
  /** Frames that the sound lies behind the units. */
  readonly delayFrames: number;
  /** The row of the voice. */
  readonly voice: number;
}

/**
 * Units in, sound out, through a graph whose state is carried. Units of windows (`TokenSpace.windowSamples`) end before
 * their recording does: what they do not cover is silence.
 */
export class UnitStream implements StreamMachine<TokenGrid, PcmChunk> {
  readonly #parts: UnitStreamParts;
  readonly #state: GraphState;
  readonly #hop: number;
  readonly #unitCount: number;
  /** Where the first grid starts; `null` before it. */
  #originSample: number | null = null;
  #samplesPushed = 0;
  #framesPushed = 0;

  constructor(parts: UnitStreamParts) {
    const { hopSamples, size } = parts.tokenSpace.codebooks[0]!;
    this.#parts = parts;
    this.#state = parts.session.createState();
    this.#hop = hopSamples!;
    this.#unitCount = size;
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
    const first = this.#framesPushed;
    this.#samplesPushed += sampleCount;
    this.#framesPushed += ids.length;
    return this.#chunks(first, await this.#run(Int32Array.from(ids), first, options));
  }

  async flush(options: CallOptions): Promise<readonly PcmChunk[]> {
    if (this.#samplesPushed === 0) return [];
    const first = this.#framesPushed;
    const none = new Int32Array(first === 0 ? 0 : this.#parts.delayFrames).fill(this.#unitCount);
    const sound = await this.#run(none, first, options);
    const silence = new Float32Array(this.#samplesPushed - first * this.#hop);
    return this.#chunks(first, joined([sound, silence]));
  }

  reset(): void {
    this.#state.reset();
    this.#originSample = null;
    this.#samplesPushed = 0;
    this.#framesPushed = 0;
  }

  save(): PlainData {
    return {
      network: this.#state.save(),
      originSample: this.#originSample,
      samplesPushed: this.#samplesPushed,
      framesPushed: this.#framesPushed,
    };
  }

  restore(data: PlainData): boolean {
    const { network, originSample, samplesPushed, framesPushed } = (data ?? {}) as Record<string, PlainData>;
    if (!isCount(samplesPushed) || !isCount(framesPushed)) return false;
    if (originSample !== null && !isCount(originSample)) return false;
    if (framesPushed > Math.ceil(samplesPushed / this.#hop)) return false;
    if (this.#state.restore(network) !== undefined) return false;
    this.#originSample = originSample;
    this.#samplesPushed = samplesPushed;
    this.#framesPushed = framesPushed;
    return true;
  }

  /** The sound of frames that follow the first `step` ones, without what lies before the recording. */
  async #run(units: Int32Array, step: number, { signal, onProgress }: CallOptions): Promise<Float32Array> {
    const { session, delayFrames, voice } = this.#parts;
    const samples = new Float32Array(units.length * this.#hop);
    for (let start = 0; start < units.length; start += framesPerRun) {
      signal?.throwIfAborted();
      const values = units.subarray(start, start + framesPerRun);
      const shape = [values.length];
      const noise = positionNoise((step + start) * this.#hop, values.length * this.#hop);
      const found = await session.run(
        {
          units: { values, shape },
          voice: { values: new Int32Array(values.length).fill(voice), shape },
          noise: { values: noise, shape: [noise.length] },
        },
        this.#state,
      );
      samples.set(found.samples!, start * this.#hop);
      const done = Math.max(0, step + start + values.length - delayFrames) * this.#hop;
      onProgress?.({ stage: 'Detokenizing', done, total: this.#samplesPushed, unit: 'samples' });
    }
    return samples.subarray(Math.min(samples.length, Math.max(0, delayFrames - step) * this.#hop));
  }

  /** At most one chunk; the first run of it was that of frame `step`. */
  #chunks(step: number, samples: Float32Array): readonly PcmChunk[] {
    if (samples.length === 0) return [];
    const startSample = this.#originSample! + Math.max(0, step - this.#parts.delayFrames) * this.#hop;
    return [{ sampleRateHz: this.#parts.tokenSpace.sampleRateHz, startSample, channels: [samples] }];
  }
}
