import {
  assertContinues,
  type CallOptions,
  isCount,
  ownChunk,
  type PcmChunk,
  type PlainData,
  raceSignal,
  type StreamMachine,
  type TokenGrid,
  type TokenSpace,
} from '@speech-tokens/core';
import type { GraphSession } from '@speech-tokens/onnx-graph';
import type { RowSource } from '../network/feature-network.ts';
import { chunkSamples, type GlmVoiceConfig, paddedSamples, unitSamples } from './glm-voice-config.ts';
import { blockBias } from './glm-voice-graph.ts';

export interface GlmVoiceStreamParts {
  readonly tokenSpace: TokenSpace;
  readonly config: GlmVoiceConfig;
  readonly rowSource: RowSource;
  readonly encoder: GraphSession;
}

/**
 * Pieces of 30 seconds, each encoded by itself, so that a stream equals the whole.
 * Source: zai-org/GLM-4-Voice, `speech_tokenizer/utils.py`, `extract_speech_token`.
 */
export class GlmVoiceStream implements StreamMachine<PcmChunk, TokenGrid> {
  readonly #parts: GlmVoiceStreamParts;
  /** A piece, as far as it has been pushed. */
  #piece: Float32Array;
  #pieceSamples = 0;
  #encodedSamples = 0;

  constructor(parts: GlmVoiceStreamParts) {
    this.#parts = parts;
    this.#piece = new Float32Array(chunkSamples(parts.config));
  }

  accept(chunk: PcmChunk): PcmChunk {
    return ownChunk(chunk, { sampleRateHz: this.#parts.tokenSpace.sampleRateHz, channelCount: 1 });
  }

  async push(chunk: PcmChunk, options: CallOptions): Promise<readonly TokenGrid[]> {
    assertContinues('audio', chunk.startSample, this.#encodedSamples + this.#pieceSamples);
    const samples = chunk.channels[0]!;
    const grids: TokenGrid[] = [];
    for (let at = 0; at < samples.length; ) {
      const taken = samples.subarray(at, at + this.#piece.length - this.#pieceSamples);
      this.#piece.set(taken, this.#pieceSamples);
      this.#pieceSamples += taken.length;
      at += taken.length;
      if (this.#pieceSamples === this.#piece.length) {
        grids.push(await this.#encodePiece(samples.length - at, options));
      }
    }
    return grids;
  }

  async flush(options: CallOptions): Promise<readonly TokenGrid[]> {
    return this.#pieceSamples === 0 ? [] : [await this.#encodePiece(0, options)];
  }

  reset(): void {
    this.#pieceSamples = 0;
    this.#encodedSamples = 0;
  }

  save(): PlainData {
    return { pending: this.#piece.slice(0, this.#pieceSamples), encodedSamples: this.#encodedSamples };
  }

  restore(data: PlainData): boolean {
    const { pending, encodedSamples } = (data ?? {}) as Record<string, PlainData>;
    const { length } = this.#piece;
    const isValid =
      pending instanceof Float32Array &&
      pending.length < length &&
      isCount(encodedSamples) &&
      encodedSamples % length === 0;
    if (!isValid) return false;
    this.#piece.set(pending);
    this.#pieceSamples = pending.length;
    this.#encodedSamples = encodedSamples;
    return true;
  }

  /** @param waitingSamples pushed, and not in the piece */
  async #encodePiece(waitingSamples: number, options: CallOptions): Promise<TokenGrid> {
    const { tokenSpace } = this.#parts;
    const { signal, onProgress } = options;
    signal?.throwIfAborted();
    const startSample = this.#encodedSamples;
    const sampleCount = this.#pieceSamples;
    // A copy: after an abort the work may still read it while the next piece is filled.
    const samples = this.#piece.slice(0, sampleCount);
    const ids = await raceSignal(this.#idsOf(samples, startSample === 0, options), signal);
    this.#encodedSamples += sampleCount;
    this.#pieceSamples = 0;
    const done = this.#encodedSamples;
    onProgress?.({ stage: 'Encoding', done, total: done + waitingSamples, unit: 'samples' });
    return { tokenSpace, startSample, sampleCount, tracks: [{ ids }] };
  }

  async #idsOf(samples: Float32Array, isFirst: boolean, options: CallOptions): Promise<Uint32Array> {
    const { config, rowSource, encoder } = this.#parts;
    const unitCount = Math.ceil(samples.length / unitSamples(config));
    const padded = new Float32Array(paddedSamples(config, samples.length, isFirst));
    padded.set(samples);
    // Rows of silence past the last unit are seen by none of it.
    const rowCount = unitCount * config.pooledRows;
    const rows = await (await rowSource.prepare(padded, options)).read(0, rowCount, options);
    const seenRows = Math.ceil(samples.length / (2 * config.hopSamples));
    const bias = blockBias(rowCount, seenRows, config.blockRows);
    const { ids } = await encoder.run(
      {
        rows: { values: rows, shape: [rowCount, 2 * config.bandCount] },
        bias: { values: bias, shape: [1, 1, rowCount, rowCount] },
      },
      encoder.createState(),
    );
    return Uint32Array.from(ids as Int32Array);
  }
}
