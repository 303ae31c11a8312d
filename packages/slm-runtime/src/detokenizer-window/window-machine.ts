import {
  type AudioClip,
  assertContinues,
  type CallOptions,
  type DetokenizerSettings,
  isCount,
  isSpeechTokensError,
  joinGrids,
  type PcmChunk,
  type PlainData,
  type SpeechDetokenizerV1,
  type StreamMachine,
  sliceGrid,
  type TokenGrid,
  validateTokenGrid,
} from '@speech-tokens/core';
import { crossfade } from './crossfade.ts';
import type { CheckedWindow } from './detokenizer-window.ts';

/** Tokens in, sound out, block by block. Samples are at the token space's rate unless they are of the sound. */
export class WindowMachine implements StreamMachine<TokenGrid, PcmChunk> {
  readonly #detokenizer: SpeechDetokenizerV1;
  readonly #window: CheckedWindow;
  readonly #settings: DetokenizerSettings;
  /** Tokens from the left context of the next block on; `undefined` before the first. */
  #held: TokenGrid | undefined;
  #firstSample = 0;
  /** Where the next block starts. */
  #nextSample = 0;
  #blocksDone = 0;
  /** What the last window made of the first samples of the next block, by channel. */
  #overlap: readonly Float32Array[] = [];

  constructor(detokenizer: SpeechDetokenizerV1, window: CheckedWindow, settings: DetokenizerSettings) {
    this.#detokenizer = detokenizer;
    this.#window = window;
    this.#settings = settings;
  }

  accept(grid: TokenGrid): TokenGrid {
    validateTokenGrid(grid, { tokenSpace: this.#detokenizer.tokenSpace });
    return joinGrids([grid]);
  }

  async push(grid: TokenGrid, options: CallOptions): Promise<readonly PcmChunk[]> {
    if (this.#held === undefined) {
      this.#firstSample = grid.startSample;
      this.#nextSample = grid.startSample;
      this.#held = grid;
    } else {
      assertContinues('tokens', grid.startSample, this.#endSample());
      this.#held = joinGrids([this.#held, grid]);
    }
    const { lookaheadFrames, frameSamples } = this.#window;
    const needed = (): number => this.#nextSample + (this.#blockFrames() + lookaheadFrames) * frameSamples;
    const chunks: PcmChunk[] = [];
    while (needed() <= this.#endSample()) chunks.push(await this.#decodeBlock(options));
    return chunks;
  }

  async flush(options: CallOptions): Promise<readonly PcmChunk[]> {
    const chunks: PcmChunk[] = [];
    while (this.#nextSample < this.#endSample()) chunks.push(await this.#decodeBlock(options));
    return chunks;
  }

  reset(): void {
    this.#held = undefined;
    this.#firstSample = 0;
    this.#nextSample = 0;
    this.#blocksDone = 0;
    this.#overlap = [];
  }

  save(): PlainData {
    const held = this.#held && {
      startSample: this.#held.startSample,
      sampleCount: this.#held.sampleCount,
      ids: this.#held.tracks.map(({ ids }) => ids.slice()),
    };
    return {
      held: held ?? null,
      firstSample: this.#firstSample,
      nextSample: this.#nextSample,
      blocksDone: this.#blocksDone,
      overlap: this.#overlap.map((samples) => samples.slice()),
    };
  }

  restore(data: PlainData): boolean {
    const { held, firstSample, nextSample, blocksDone, overlap } = (data ?? {}) as Record<string, PlainData>;
    if (!isCount(firstSample) || !isCount(nextSample) || !isCount(blocksDone)) return false;
    const isOverlap = Array.isArray(overlap) && overlap.every((samples) => samples instanceof Float32Array);
    if (!isOverlap || (overlap.length > 0 && overlap.length !== this.#detokenizer.audioFormat.channelCount))
      return false;
    const grid = held === null ? undefined : this.#restoredGrid(held);
    if (grid === null) return false;
    if (grid !== undefined && (nextSample < grid.startSample || nextSample > grid.startSample + grid.sampleCount))
      return false;
    this.#held = grid;
    this.#firstSample = firstSample;
    this.#nextSample = nextSample;
    this.#blocksDone = blocksDone;
    this.#overlap = overlap.map((samples: Float32Array) => samples.slice());
    return true;
  }

  /** @returns `null` where the data are no grid of the space */
  #restoredGrid(data: PlainData | undefined): TokenGrid | null {
    const { startSample, sampleCount, ids } = (data ?? {}) as Record<string, PlainData>;
    const tracks = Array.isArray(ids) ? ids.map((track: Uint32Array) => ({ ids: track })) : [];
    const { tokenSpace } = this.#detokenizer;
    const grid = { tokenSpace, startSample: startSample as number, sampleCount: sampleCount as number, tracks };
    try {
      return joinGrids([grid]);
    } catch (error) {
      if (isSpeechTokensError(error)) return null;
      throw error;
    }
  }

  #endSample(): number {
    return this.#held === undefined ? 0 : this.#held.startSample + this.#held.sampleCount;
  }

  #blockFrames(): number {
    const { blockFrames } = this.#window;
    return blockFrames[Math.min(this.#blocksDone, blockFrames.length - 1)] as number;
  }

  /** Decodes the next block with what is there of its context, and gives its sound. */
  async #decodeBlock({ signal }: CallOptions): Promise<PcmChunk> {
    signal?.throwIfAborted();
    const { frameSamples, lookaheadFrames, leftContextFrames, overlapSamples } = this.#window;
    const held = this.#held as TokenGrid;
    const end = this.#endSample();
    const start = this.#nextSample;
    const nextStart = start + this.#blockFrames() * frameSamples;
    const blockEnd = Math.min(end, nextStart);
    const from = Math.max(this.#firstSample, start - leftContextFrames * frameSamples);
    const to = Math.min(end, blockEnd + lookaheadFrames * frameSamples);
    const options = { ...this.#settings, ...(signal === undefined ? {} : { signal }) };
    const clip = await this.#detokenizer.detokenize(sliceGrid(held, from, to), options);
    const chunk = this.#cut(clip, { from, start, blockEnd });
    const soundEnd = this.#soundSamples(blockEnd - from);
    this.#overlap =
      blockEnd < end ? clip.channels.map((samples) => samples.slice(soundEnd, soundEnd + overlapSamples)) : [];
    this.#nextSample = blockEnd;
    this.#blocksDone += 1;
    // From the whole block, as the audio may end within a frame, and tokens are cut between frames.
    const keptFrom = nextStart - leftContextFrames * frameSamples;
    this.#held = sliceGrid(held, Math.min(end, Math.max(held.startSample, keptFrom)), end);
    return chunk;
  }

  /** The sound of the block, faded into from what the last window made of its start. */
  #cut(clip: AudioClip, { from, start, blockEnd }: { from: number; start: number; blockEnd: number }): PcmChunk {
    const [first, end] = [this.#soundSamples(start - from), this.#soundSamples(blockEnd - from)];
    const channels = clip.channels.map((samples, channel) => {
      const block = samples.slice(first, end);
      crossfade(this.#overlap[channel] ?? new Float32Array(0), block);
      return block;
    });
    return { sampleRateHz: clip.sampleRateHz, startSample: this.#soundSamples(start), channels };
  }

  /** Samples of the sound of so many samples of the token space; whole for whole frames. */
  #soundSamples(samples: number): number {
    const { frameSamples, frameSoundSamples } = this.#window;
    const frames = Math.floor(samples / frameSamples);
    return frames * frameSoundSamples + Math.round(((samples % frameSamples) * frameSoundSamples) / frameSamples);
  }
}
