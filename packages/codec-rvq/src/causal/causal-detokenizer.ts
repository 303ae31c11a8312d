import {
  type AudioClip,
  type CallOptions,
  createStreamSession,
  type DetokenizerSettings,
  type PcmChunk,
  type PlainData,
  type SessionState,
  type SpeechDetokenizerV1,
  type StreamMachine,
  type TokenGrid,
  type TokenSpace,
  validateTokenGrid,
} from '@speech-tokens/core';
import type { GraphSession, GraphState } from '@speech-tokens/onnx-graph';
import { checkCodebookCount } from './causal-tokenizer.ts';
import { assertContinues, framesPerRun } from './stream-rules.ts';

export interface CausalDetokenizerParts {
  /**
   * A graph `codes int32 [frames, codebooks] → samples [frames · hop]`, with its state carried. A code equal to the
   * codebook's size leaves that codebook out.
   */
  readonly decoder: GraphSession;
  readonly tokenSpace: TokenSpace;
  /** One hop for all codebooks. The decoder's step i settles the samples of frame i. */
  readonly hopSamples: number;
}

/** A mono detokenizer around a causal decoder: whole grids go the same way as streams, so both give the same audio. */
export function createCausalDetokenizer(parts: CausalDetokenizerParts): SpeechDetokenizerV1 {
  const { tokenSpace, hopSamples } = parts;
  let released: Promise<void> | undefined;
  const open = (settings: DetokenizerSettings & { readonly state?: SessionState }) => {
    const { codebookCount } = settings;
    checkCodebookCount(codebookCount, tokenSpace.codebooks.length);
    return createStreamSession(new DecoderStream(parts, codebookCount), {
      writtenBy: `detokenizer ${tokenSpace.id} with ${codebookCount ?? 'all'} codebooks`,
      formatVersion: 1,
      state: settings.state,
      isClosed: () => released !== undefined,
    });
  };
  return {
    specificationVersion: 'v1',
    tokenSpace,
    audioFormat: { sampleRateHz: tokenSpace.sampleRateHz, channelCount: 1 },
    async detokenize(grid, { codebookCount, ...options } = {}): Promise<AudioClip> {
      options.signal?.throwIfAborted();
      const session = open(codebookCount === undefined ? {} : { codebookCount });
      const [chunk] = await session.push(grid, options);
      return {
        sampleRateHz: tokenSpace.sampleRateHz,
        channels: chunk?.channels ?? [new Float32Array(0)],
      };
    },
    streaming: {
      latencySamples: hopSamples,
      open: async (settings = {}) => open(settings),
    },
    close() {
      released ??= parts.decoder.close();
      return released;
    },
  };
}

class DecoderStream implements StreamMachine<TokenGrid, PcmChunk> {
  readonly #parts: CausalDetokenizerParts;
  readonly #codebookCount: number | undefined;
  readonly #state: GraphState;
  /** Where the next grid must start; `null` before the first, which may start anywhere. */
  #nextSample: number | null = null;

  constructor(parts: CausalDetokenizerParts, codebookCount: number | undefined) {
    this.#parts = parts;
    this.#codebookCount = codebookCount;
    this.#state = parts.decoder.createState();
  }

  accept(grid: TokenGrid): TokenGrid {
    validateTokenGrid(grid, { tokenSpace: this.#parts.tokenSpace });
    const used = checkCodebookCount(this.#codebookCount, grid.tracks.length);
    return { ...grid, tracks: grid.tracks.slice(0, used).map(({ ids }) => ({ ids: ids.slice() })) };
  }

  async push(grid: TokenGrid, { signal, onProgress }: CallOptions): Promise<readonly PcmChunk[]> {
    const { decoder, hopSamples, tokenSpace } = this.#parts;
    const { startSample, sampleCount, tracks } = grid;
    if (this.#nextSample !== null) assertContinues('tokens', startSample, this.#nextSample);
    this.#nextSample = startSample + sampleCount;
    if (sampleCount === 0) return [];
    const frameCount = tracks[0]!.ids.length;
    const samples = new Float32Array(frameCount * hopSamples);
    for (let start = 0; start < frameCount; start += framesPerRun) {
      signal?.throwIfAborted();
      const end = Math.min(frameCount, start + framesPerRun);
      const codes = {
        values: interleaved(tracks, tokenSpace, start, end),
        shape: [end - start, tokenSpace.codebooks.length],
      };
      const decoded = await decoder.run({ codes }, this.#state);
      samples.set(decoded.samples!, start * hopSamples);
      onProgress?.({ stage: 'Detokenizing', done: end * hopSamples, total: samples.length, unit: 'samples' });
    }
    return [{ sampleRateHz: tokenSpace.sampleRateHz, startSample, channels: [samples.subarray(0, sampleCount)] }];
  }

  async flush(): Promise<readonly PcmChunk[]> {
    return [];
  }

  reset(): void {
    this.#state.reset();
    this.#nextSample = null;
  }

  save(): PlainData {
    return { network: this.#state.save(), nextSample: this.#nextSample };
  }

  restore(data: PlainData): boolean {
    const { network, nextSample } = (data ?? {}) as Record<string, PlainData>;
    if (nextSample !== null && !Number.isSafeInteger(nextSample)) return false;
    if (this.#state.restore(network) !== undefined) return false;
    this.#nextSample = nextSample as number | null;
    return true;
  }
}

/** Codes `[frames, codebooks]` of the whole space; codebooks beyond the tracks are left out. */
function interleaved(tracks: TokenGrid['tracks'], space: TokenSpace, startFrame: number, endFrame: number): Int32Array {
  const count = space.codebooks.length;
  const codes = new Int32Array((endFrame - startFrame) * count);
  for (const [k, { size }] of space.codebooks.entries()) {
    const ids = tracks[k]?.ids;
    for (let frame = startFrame; frame < endFrame; frame++) {
      codes[(frame - startFrame) * count + k] = ids === undefined ? size : ids[frame]!;
    }
  }
  return codes;
}
