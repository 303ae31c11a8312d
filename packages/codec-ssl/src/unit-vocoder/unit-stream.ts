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
import { type GraphSession, type GraphState, positionNoise } from '@speech-tokens/onnx-graph';
import { unitsAfterEnd } from '../vocoder/unit-order.ts';

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
  #samplesGiven = 0;

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
    this.#samplesPushed += sampleCount;
    const sound = await this.#run(Int32Array.from(ids), options);
    this.#framesPushed += ids.length;
    // Samples without a unit: the recording has ended, and no more units will come.
    const hasEnded = this.#framesPushed * this.#hop < this.#samplesPushed;
    return this.#give(hasEnded ? [sound, ...(await this.#rest(options))] : [sound]);
  }

  async flush(options: CallOptions): Promise<readonly PcmChunk[]> {
    return this.#give(await this.#rest(options));
  }

  reset(): void {
    this.#state.reset();
    this.#originSample = null;
    this.#samplesPushed = 0;
    this.#framesPushed = 0;
    this.#samplesGiven = 0;
  }

  save(): PlainData {
    return {
      network: this.#state.save(),
      originSample: this.#originSample,
      samplesPushed: this.#samplesPushed,
      framesPushed: this.#framesPushed,
      samplesGiven: this.#samplesGiven,
    };
  }

  restore(data: PlainData): boolean {
    const { network, originSample, samplesPushed, framesPushed, samplesGiven } = (data ?? {}) as Record<
      string,
      PlainData
    >;
    if (!isCount(samplesPushed) || !isCount(framesPushed) || !isCount(samplesGiven)) return false;
    if (originSample !== null && !isCount(originSample)) return false;
    if (framesPushed > Math.ceil(samplesPushed / this.#hop) || samplesGiven > samplesPushed) return false;
    if (this.#state.restore(network) !== undefined) return false;
    this.#originSample = originSample;
    this.#samplesPushed = samplesPushed;
    this.#framesPushed = framesPushed;
    this.#samplesGiven = samplesGiven;
    return true;
  }

  /** What is still owed where no more units come: the sound of the last ones, and silence. */
  async #rest(options: CallOptions): Promise<readonly Float32Array[]> {
    const soundEnd = this.#framesPushed * this.#hop;
    const isOwed = this.#samplesGiven < soundEnd;
    const none = new Int32Array(isOwed ? this.#parts.delayFrames : 0).fill(this.#unitCount);
    const sound = await this.#run(none, options);
    return [sound, new Float32Array(this.#samplesPushed - Math.max(soundEnd, this.#samplesGiven))];
  }

  /** The sound that these units settle, without what lies before the recording. */
  async #run(units: Int32Array, { signal, onProgress }: CallOptions): Promise<Float32Array> {
    const { session, delayFrames, voice } = this.#parts;
    const step = this.#framesPushed;
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

  /** At most one chunk. */
  #give(parts: readonly Float32Array[]): readonly PcmChunk[] {
    const samples = joined(parts);
    if (samples.length === 0) return [];
    const startSample = this.#originSample! + this.#samplesGiven;
    this.#samplesGiven += samples.length;
    return [{ sampleRateHz: this.#parts.tokenSpace.sampleRateHz, startSample, channels: [samples] }];
  }
}
