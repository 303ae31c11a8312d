import {
  assertContinues,
  type CallOptions,
  framesBefore,
  isCount,
  ownGrid,
  type PcmChunk,
  type PlainData,
  type StreamMachine,
  type TokenGrid,
  type TokenSpace,
} from '@speech-tokens/core';
import { overlapAdd, type SegmentTail } from './overlap-add.ts';
import { scalesOf, scaleTrackShape } from './scale-track.ts';
import type { SegmentInputs, SegmentNetwork } from './segment-network.ts';

export interface SegmentDecoderParts {
  /** With segments. */
  readonly tokenSpace: TokenSpace;
  readonly channelCount: number;
  /** Whether segments have scales. */
  readonly isNormalized: boolean;
  /** See `buildSegmentDecoder`. */
  readonly decoder: SegmentNetwork;
  readonly codebookCount: number | undefined;
}

/** Tokens in, audio out, segment by segment. */
export class SegmentDecoderStream implements StreamMachine<TokenGrid, PcmChunk> {
  readonly #parts: SegmentDecoderParts;
  /** Where the next grid must start; `null` before the first, which may start at any segment. */
  #nextSample: number | null = null;
  /** Length of the first segment's audio; 0 before it. */
  #windowSamples = 0;
  #tail: SegmentTail | undefined;

  constructor(parts: SegmentDecoderParts) {
    this.#parts = parts;
  }

  accept(grid: TokenGrid): TokenGrid {
    const { sideTracks: _, ...rest } = ownGrid(grid, this.#parts.tokenSpace, this.#parts.codebookCount);
    return {
      ...rest,
      ...(this.#parts.isNormalized && grid.sampleCount > 0
        ? { sideTracks: [{ ...scaleTrackShape(grid.tokenSpace), values: scalesOf(grid).slice() }] }
        : {}),
    };
  }

  async push(grid: TokenGrid, { signal, onProgress }: CallOptions): Promise<readonly PcmChunk[]> {
    const { tokenSpace, channelCount, decoder } = this.#parts;
    const { strideSamples } = tokenSpace.segments!;
    const { startSample, sampleCount } = grid;
    if (this.#nextSample !== null) assertContinues('tokens', startSample, this.#nextSample);
    this.#nextSample = startSample + sampleCount;
    if (sampleCount === 0) return [];
    const channels = Array.from({ length: channelCount }, () => new Float32Array(sampleCount));
    const segments = Math.ceil(sampleCount / strideSamples);
    const inputs = Array.from({ length: segments }, (_, segment) => this.#inputsOf(grid, segment));
    let offset = 0;
    for await (const { output } of decoder.run(inputs, signal)) {
      const settled = this.#settle(output as Float32Array);
      for (const [i, samples] of channels.entries()) samples.set(settled[i]!.subarray(0, sampleCount - offset), offset);
      offset += strideSamples;
      const done = Math.min(offset, sampleCount);
      onProgress?.({ stage: 'Detokenizing', done, total: sampleCount, unit: 'samples' });
    }
    return [{ sampleRateHz: tokenSpace.sampleRateHz, startSample, channels }];
  }

  async flush(): Promise<readonly PcmChunk[]> {
    return [];
  }

  reset(): void {
    this.#nextSample = null;
    this.#windowSamples = 0;
    this.#tail = undefined;
  }

  save(): PlainData {
    const tail = this.#tail;
    return {
      nextSample: this.#nextSample,
      windowSamples: this.#windowSamples,
      tail: tail === undefined ? null : [tail.weights.slice(), ...tail.weighted.map((samples) => samples.slice())],
    };
  }

  restore(data: PlainData): boolean {
    const { nextSample, windowSamples, tail } = (data ?? {}) as Record<string, PlainData>;
    if (nextSample !== null && !isCount(nextSample)) return false;
    if (!isCount(windowSamples) || !this.#isTail(tail)) return false;
    this.#nextSample = nextSample;
    this.#windowSamples = windowSamples;
    const [weights, ...weighted] = tail === null ? [] : tail.map((samples) => samples.slice());
    this.#tail = weights === undefined ? undefined : { weights, weighted };
    return true;
  }

  #isTail(tail: PlainData | undefined): tail is null | readonly Float32Array[] {
    if (tail === null) return true;
    if (!Array.isArray(tail) || tail.length !== 1 + this.#parts.channelCount) return false;
    const { length } = tail[0] as Float32Array;
    return tail.every((samples: unknown) => samples instanceof Float32Array && samples.length === length);
  }

  #inputsOf(grid: TokenGrid, segment: number): SegmentInputs {
    const { tokenSpace, isNormalized } = this.#parts;
    const { strideSamples } = tokenSpace.segments!;
    const startSample = grid.startSample + segment * strideSamples;
    const isLast = startSample + strideSamples >= grid.startSample + grid.sampleCount;
    const from = framesBefore(grid, 0, startSample);
    const to = isLast ? grid.tracks[0]!.ids.length : framesBefore(grid, 0, startSample + strideSamples);
    const codes = { values: interleaved(grid, tokenSpace, from, to), shape: [to - from, tokenSpace.codebooks.length] };
    if (!isNormalized) return { frameCount: to - from, first: { codes } };
    const scale = grid.sideTracks![0]!.values.subarray(segment, segment + 1);
    return { frameCount: to - from, first: { codes }, last: { scale: { values: scale, shape: [1] } } };
  }

  /** The samples that one more segment settles, up to the start of the next. @param samples `[channels, n]` */
  #settle(samples: Float32Array): readonly Float32Array[] {
    const { tokenSpace, channelCount } = this.#parts;
    const length = samples.length / channelCount;
    const channels = Array.from({ length: channelCount }, (_, i) => samples.subarray(i * length, (i + 1) * length));
    if (this.#windowSamples === 0) this.#windowSamples = length;
    const { settled, tail } = overlapAdd(channels, this.#tail, tokenSpace.segments!.strideSamples, this.#windowSamples);
    this.#tail = tail;
    return settled;
  }
}

/** Codes `[frames, codebooks]` of the whole space; codebooks beyond the tracks are left out. */
function interleaved({ tracks }: TokenGrid, space: TokenSpace, from: number, to: number): Int32Array {
  const count = space.codebooks.length;
  const codes = new Int32Array((to - from) * count);
  for (const [k, { size }] of space.codebooks.entries()) {
    const ids = tracks[k]?.ids;
    for (let frame = from; frame < to; frame++) {
      codes[(frame - from) * count + k] = ids === undefined ? size : ids[frame]!;
    }
  }
  return codes;
}
