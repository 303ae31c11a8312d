import {
  assertContinues,
  type CallOptions,
  isCount,
  joined,
  ownChunk,
  ownGrid,
  type PcmChunk,
  type PlainData,
  type StreamMachine,
  type TokenGrid,
  type TokenSpace,
} from '@speech-tokens/core';
import { type RecurrentStages, RecurrentWindows, type SettledFrames } from './recurrent-windows.ts';

interface RecurrentStreamParts {
  readonly tokenSpace: TokenSpace;
  readonly hopSamples: number;
  readonly stages: RecurrentStages;
}

/** Audio in, tokens out. */
export class RecurrentEncoderStream implements StreamMachine<PcmChunk, TokenGrid> {
  readonly #parts: RecurrentStreamParts;
  readonly #windows: RecurrentWindows;
  #samplesPushed = 0;

  constructor(parts: RecurrentStreamParts) {
    this.#parts = parts;
    this.#windows = new RecurrentWindows(parts.stages, new Float32Array(0));
  }

  accept(chunk: PcmChunk): PcmChunk {
    return ownChunk(chunk, { sampleRateHz: this.#parts.tokenSpace.sampleRateHz, channelCount: 1 });
  }

  async push(chunk: PcmChunk, options: CallOptions): Promise<readonly TokenGrid[]> {
    assertContinues('audio', chunk.startSample, this.#samplesPushed);
    const samples = chunk.channels[0]!;
    this.#samplesPushed += samples.length;
    return this.#encode(samples, false, options);
  }

  async flush(options: CallOptions): Promise<readonly TokenGrid[]> {
    return this.#encode(new Float32Array(0), true, options);
  }

  reset(): void {
    this.#windows.reset();
    this.#samplesPushed = 0;
  }

  save(): PlainData {
    return { windows: this.#windows.save(), samplesPushed: this.#samplesPushed };
  }

  restore(data: PlainData): boolean {
    const { windows, samplesPushed } = (data ?? {}) as Record<string, PlainData>;
    if (!isCount(samplesPushed)) return false;
    if (!this.#windows.restore(windows, (input) => input instanceof Float32Array)) return false;
    this.#samplesPushed = samplesPushed;
    return true;
  }

  async #encode(samples: Float32Array, isEnd: boolean, options: CallOptions): Promise<readonly TokenGrid[]> {
    const { tokenSpace, hopSamples, stages } = this.#parts;
    const total = this.#samplesPushed;
    const report = progressOf('Tokenizing', options, hopSamples, total);
    const settled = await this.#windows.push(samples, isEnd, report);
    if (settled === undefined) return [];
    const { firstFrame, frameCount, values } = settled;
    const codebookCount = stages.outputWidth;
    const codes = joined(values as readonly Int32Array[]);
    const ids = (k: number): Uint32Array =>
      Uint32Array.from({ length: frameCount }, (_, frame) => codes[frame * codebookCount + k]!);
    const startSample = firstFrame * hopSamples;
    const sampleCount = Math.min((firstFrame + frameCount) * hopSamples, total) - startSample;
    const tracks = Array.from({ length: codebookCount }, (_, k) => ({ ids: ids(k) }));
    return [{ tokenSpace, startSample, sampleCount, tracks }];
  }
}

/** Tokens in, audio out. */
export class RecurrentDecoderStream implements StreamMachine<TokenGrid, PcmChunk> {
  readonly #parts: RecurrentStreamParts;
  readonly #codebookCount: number | undefined;
  readonly #windows: RecurrentWindows;
  /** Where the first grid starts; `null` before it. */
  #originSample: number | null = null;
  #samplesPushed = 0;

  constructor(parts: RecurrentStreamParts, codebookCount: number | undefined) {
    this.#parts = parts;
    this.#codebookCount = codebookCount;
    this.#windows = new RecurrentWindows(parts.stages, new Int32Array(0));
  }

  accept(grid: TokenGrid): TokenGrid {
    return ownGrid(grid, this.#parts.tokenSpace, this.#codebookCount);
  }

  async push(grid: TokenGrid, options: CallOptions): Promise<readonly PcmChunk[]> {
    const { startSample, sampleCount } = grid;
    if (this.#originSample !== null) {
      assertContinues('tokens', startSample, this.#originSample + this.#samplesPushed);
    }
    this.#originSample ??= startSample;
    this.#samplesPushed += sampleCount;
    return sampleCount === 0 ? [] : this.#decode(this.#interleaved(grid), false, options);
  }

  async flush(options: CallOptions): Promise<readonly PcmChunk[]> {
    return this.#decode(new Int32Array(0), true, options);
  }

  reset(): void {
    this.#windows.reset();
    this.#originSample = null;
    this.#samplesPushed = 0;
  }

  save(): PlainData {
    return {
      windows: this.#windows.save(),
      originSample: this.#originSample,
      samplesPushed: this.#samplesPushed,
    };
  }

  restore(data: PlainData): boolean {
    const { windows, originSample, samplesPushed } = (data ?? {}) as Record<string, PlainData>;
    if (!isCount(samplesPushed) || (originSample !== null && !isCount(originSample))) return false;
    if (!this.#windows.restore(windows, (input) => this.#areCodes(input))) return false;
    this.#originSample = originSample;
    this.#samplesPushed = samplesPushed;
    return true;
  }

  /** Whether saved codes are whole frames of ids that there are. */
  #areCodes(codes: PlainData | undefined): boolean {
    const { codebooks } = this.#parts.tokenSpace;
    if (!(codes instanceof Int32Array) || codes.length % codebooks.length !== 0) return false;
    return codes.every((id, i) => id >= 0 && id <= codebooks[i % codebooks.length]!.size);
  }

  /** Codes `[frames, codebooks]` of the whole space; codebooks beyond the tracks are left out. */
  #interleaved({ tracks }: TokenGrid): Int32Array {
    const { codebooks } = this.#parts.tokenSpace;
    const frameCount = tracks[0]!.ids.length;
    const codes = new Int32Array(frameCount * codebooks.length);
    for (const [k, { size }] of codebooks.entries()) {
      const ids = tracks[k]?.ids;
      for (let frame = 0; frame < frameCount; frame++) codes[frame * codebooks.length + k] = ids?.[frame] ?? size;
    }
    return codes;
  }

  async #decode(codes: Int32Array, isEnd: boolean, options: CallOptions): Promise<readonly PcmChunk[]> {
    const { tokenSpace, hopSamples } = this.#parts;
    const total = this.#samplesPushed;
    const report = progressOf('Detokenizing', options, hopSamples, total);
    const settled: SettledFrames | undefined = await this.#windows.push(codes, isEnd, report);
    if (settled === undefined) return [];
    const offset = settled.firstFrame * hopSamples;
    const samples = joined(settled.values as readonly Float32Array[]);
    const sampleCount = Math.min(samples.length, total - offset);
    const startSample = this.#originSample! + offset;
    return [{ sampleRateHz: tokenSpace.sampleRateHz, startSample, channels: [samples.subarray(0, sampleCount)] }];
  }
}

/** Aborts between windows, and says how far a call has come. */
function progressOf(
  stage: string,
  { signal, onProgress }: CallOptions,
  hopSamples: number,
  total: number,
): (framesSettled: number) => void {
  return (framesSettled) => {
    signal?.throwIfAborted();
    if (framesSettled === 0) return;
    onProgress?.({ stage, done: Math.min(framesSettled * hopSamples, total), total, unit: 'samples' });
  };
}
