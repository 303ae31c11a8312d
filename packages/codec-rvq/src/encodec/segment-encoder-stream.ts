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
  type TokenSegments,
  type TokenSpace,
} from '@speech-tokens/core';
import { scaleTrackShape } from './scale-track.ts';
import type { SegmentInputs, SegmentNetwork } from './segment-network.ts';

export interface SegmentEncoderParts {
  /** With segments. */
  readonly tokenSpace: TokenSpace;
  readonly channelCount: number;
  /** Whether segments are divided by their loudness. */
  readonly isNormalized: boolean;
  /** See `buildSegmentEncoder`. */
  readonly encoder: SegmentNetwork;
  readonly codebookCount: number;
}

/** Audio in, tokens out, segment by segment. */
export class SegmentEncoderStream implements StreamMachine<PcmChunk, TokenGrid> {
  readonly #parts: SegmentEncoderParts;
  readonly #segments: TokenSegments;
  #samplesPushed = 0;
  #segmentsDone = 0;
  /** Each channel from the start of the next segment on. */
  #pending: readonly Float32Array[];

  constructor(parts: SegmentEncoderParts) {
    this.#parts = parts;
    this.#segments = parts.tokenSpace.segments!;
    this.#pending = this.#noSamples();
  }

  accept(chunk: PcmChunk): PcmChunk {
    const { tokenSpace, channelCount } = this.#parts;
    return ownChunk(chunk, { sampleRateHz: tokenSpace.sampleRateHz, channelCount });
  }

  async push(chunk: PcmChunk, options: CallOptions): Promise<readonly TokenGrid[]> {
    assertContinues('audio', chunk.startSample, this.#samplesPushed);
    const { lengthSamples, strideSamples } = this.#segments;
    this.#samplesPushed += chunk.channels[0]!.length;
    const whole = Math.max(0, Math.floor((this.#samplesPushed - lengthSamples) / strideSamples) + 1);
    const available = this.#pending.map((samples, i) => joined([samples, chunk.channels[i]!]));
    return this.#encode(available, whole, options);
  }

  async flush(options: CallOptions): Promise<readonly TokenGrid[]> {
    return this.#encode(this.#pending, Math.ceil(this.#samplesPushed / this.#segments.strideSamples), options);
  }

  reset(): void {
    this.#samplesPushed = 0;
    this.#segmentsDone = 0;
    this.#pending = this.#noSamples();
  }

  save(): PlainData {
    return {
      samplesPushed: this.#samplesPushed,
      segmentsDone: this.#segmentsDone,
      pending: this.#pending.map((samples) => samples.slice()),
    };
  }

  restore(data: PlainData): boolean {
    const { samplesPushed, segmentsDone, pending } = (data ?? {}) as Record<string, PlainData>;
    if (!isCount(samplesPushed) || !isCount(segmentsDone) || !Array.isArray(pending)) return false;
    const held = Math.max(0, samplesPushed - segmentsDone * this.#segments.strideSamples);
    const fits = (samples: unknown): boolean => samples instanceof Float32Array && samples.length === held;
    if (pending.length !== this.#parts.channelCount || !pending.every(fits)) return false;
    this.#samplesPushed = samplesPushed;
    this.#segmentsDone = segmentsDone;
    this.#pending = (pending as readonly Float32Array[]).map((samples) => samples.slice());
    return true;
  }

  #noSamples(): readonly Float32Array[] {
    return Array.from({ length: this.#parts.channelCount }, () => new Float32Array(0));
  }

  /** Runs the segments before number `until`, and gives their tokens as at most one grid. */
  async #encode(
    channels: readonly Float32Array[],
    until: number,
    { signal, onProgress }: CallOptions,
  ): Promise<readonly TokenGrid[]> {
    const { lengthSamples, strideSamples } = this.#segments;
    const { tokenSpace, codebookCount, encoder, isNormalized } = this.#parts;
    const first = this.#segmentsDone;
    const codes: Int32Array[] = [];
    const scales: number[] = [];
    const inputsOf = (segment: number): SegmentInputs => {
      const start = (segment - first) * strideSamples;
      const pieces = channels.map((samples) => samples.subarray(start, start + lengthSamples));
      const samples = { values: joined(pieces), shape: [pieces.length, pieces[0]!.length] };
      const frameCount = Math.ceil(pieces[0]!.length / tokenSpace.codebooks[0]!.hopSamples!);
      if (!isNormalized) return { frameCount, first: { samples } };
      const scale = { values: Float32Array.of(loudness(pieces)), shape: [1] };
      return { frameCount, first: { samples, scale } };
    };
    const segments = (function* () {
      for (let segment = first; segment < until; segment++) yield inputsOf(segment);
    })();
    for await (const { inputs, output } of encoder.run(segments, signal)) {
      codes.push(output as Int32Array);
      if (isNormalized) scales.push(inputs.first['scale']!.values[0]!);
      this.#segmentsDone += 1;
      const done = Math.min(this.#segmentsDone * strideSamples, this.#samplesPushed);
      onProgress?.({ stage: 'Tokenizing', done, total: this.#samplesPushed, unit: 'samples' });
    }
    this.#pending = channels.map((samples) => samples.slice((this.#segmentsDone - first) * strideSamples));
    if (this.#segmentsDone === first) return [];
    const startSample = first * strideSamples;
    const tracks = Array.from({ length: codebookCount }, (_, k) => ({ ids: column(codes, codebookCount, k) }));
    return [
      {
        tokenSpace,
        startSample,
        sampleCount: Math.min(this.#segmentsDone * strideSamples, this.#samplesPushed) - startSample,
        tracks,
        ...(scales.length === 0
          ? {}
          : { sideTracks: [{ ...scaleTrackShape(tokenSpace), values: Float32Array.from(scales) }] }),
      },
    ];
  }
}

/**
 * What a segment is divided by: the root of the mean square of its channels' mean, and 1e-8.
 * Source: facebookresearch/encodec, encodec/model.py, `_encode_frame`.
 */
function loudness(channels: readonly Float32Array[]): number {
  const { length } = channels[0]!;
  let squares = 0;
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (const samples of channels) sum += samples[i]!;
    squares += (sum / channels.length) ** 2;
  }
  return Math.sqrt(squares / length) + 1e-8;
}

/** Column k of pieces `[frames, width]`. */
function column(pieces: readonly Int32Array[], width: number, k: number): Uint32Array {
  const ids = new Uint32Array(pieces.reduce((sum, piece) => sum + piece.length, 0) / width);
  let frame = 0;
  for (const piece of pieces) for (let i = k; i < piece.length; i += width) ids[frame++] = piece[i]!;
  return ids;
}
