import {
  assertContinues,
  type CallOptions,
  isCount,
  joined,
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
  /** Samples pushed that do not fill a piece yet. */
  #pending: Float32Array = new Float32Array(0);
  #encodedSamples = 0;

  constructor(parts: GlmVoiceStreamParts) {
    this.#parts = parts;
  }

  accept(chunk: PcmChunk): PcmChunk {
    return ownChunk(chunk, { sampleRateHz: this.#parts.tokenSpace.sampleRateHz, channelCount: 1 });
  }

  async push(chunk: PcmChunk, options: CallOptions): Promise<readonly TokenGrid[]> {
    assertContinues('audio', chunk.startSample, this.#encodedSamples + this.#pending.length);
    this.#pending = joined([this.#pending, chunk.channels[0]!]);
    const grids: TokenGrid[] = [];
    const wanted = chunkSamples(this.#parts.config);
    while (this.#pending.length >= wanted) grids.push(await this.#encodePiece(wanted, options));
    return grids;
  }

  async flush(options: CallOptions): Promise<readonly TokenGrid[]> {
    const { length } = this.#pending;
    return length === 0 ? [] : [await this.#encodePiece(length, options)];
  }

  reset(): void {
    this.#pending = new Float32Array(0);
    this.#encodedSamples = 0;
  }

  save(): PlainData {
    return { pending: this.#pending.slice(), encodedSamples: this.#encodedSamples };
  }

  restore(data: PlainData): boolean {
    const { pending, encodedSamples } = (data ?? {}) as Record<string, PlainData>;
    const wanted = chunkSamples(this.#parts.config);
    const isValid =
      pending instanceof Float32Array &&
      pending.length < wanted &&
      isCount(encodedSamples) &&
      encodedSamples % wanted === 0;
    if (!isValid) return false;
    this.#pending = pending.slice();
    this.#encodedSamples = encodedSamples;
    return true;
  }

  async #encodePiece(sampleCount: number, options: CallOptions): Promise<TokenGrid> {
    const { tokenSpace } = this.#parts;
    const { signal, onProgress } = options;
    signal?.throwIfAborted();
    const startSample = this.#encodedSamples;
    const ids = await raceSignal(
      this.#idsOf(this.#pending.subarray(0, sampleCount), startSample === 0, options),
      signal,
    );
    this.#encodedSamples += sampleCount;
    this.#pending = this.#pending.slice(sampleCount);
    const done = this.#encodedSamples;
    onProgress?.({ stage: 'Encoding', done, total: done + this.#pending.length, unit: 'samples' });
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
