import type { AudioClip, AudioFormat, PcmChunk } from '../audio/audio-clip.ts';
import type { TokenGrid } from '../tokens/token-grid.ts';
import type { TokenSpace } from '../tokens/token-space.ts';
import type { CallOptions } from './call-options.ts';
import type { Streaming } from './streaming.ts';

export interface TokenizerSettings {
  /** How many codebooks to fill, coarse first; 1 ≤ count ≤ those of the space. All by default. */
  readonly codebookCount?: number;
}

export interface TokenizeOptions extends CallOptions, TokenizerSettings {}

/** Turns audio into tokens. */
export interface SpeechTokenizerV1 {
  readonly specificationVersion: 'v1';
  readonly tokenSpace: TokenSpace;
  /** What `tokenize` takes. It neither resamples nor mixes down: the caller does, with a converter of its choice. */
  readonly audioFormat: AudioFormat;
  /**
   * Tokens of a whole clip, with `startSample` 0 and the clip's own sample count. Calls may overlap.
   * @throws SpeechTokensError `audio-format` when rate, channels or sample values are not what is wanted
   * @throws SpeechTokensError `argument-invalid` when `codebookCount` is out of range
   */
  tokenize(clip: AudioClip, options?: TokenizeOptions): Promise<TokenGrid>;
  /**
   * Several clips in one call: their grids in the order of the clips, each what `tokenize` gives for that clip alone,
   * whatever the lengths beside it. All of them or none: where one cannot be tokenized, or the signal aborts, also in
   * the middle of a clip, the call rejects. Progress counts the samples of all clips. Whether it is faster than one by
   * one is up to the plugin.
   * @throws SpeechTokensError as `tokenize`; where it is about one clip, its `batchIndex` is that clip's index
   */
  tokenizeBatch?(clips: readonly AudioClip[], options?: TokenizeOptions): Promise<readonly TokenGrid[]>;
  /** Present where audio can be pushed piece by piece; the grids, joined, equal `tokenize` of the whole. */
  readonly streaming?: Streaming<PcmChunk, TokenGrid, TokenizerSettings>;
  /** Frees the model. May be called more than once; open sessions end. */
  close(): Promise<void>;
}
