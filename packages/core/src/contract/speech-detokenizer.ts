import type { AudioClip, AudioFormat, PcmChunk } from '../audio/audio-clip.ts';
import type { TokenGrid } from '../tokens/token-grid.ts';
import type { TokenSpace } from '../tokens/token-space.ts';
import type { CallOptions } from './call-options.ts';
import type { PlainData, Streaming } from './streaming.ts';

export interface DetokenizerSettings {
  /** How many of the grid's codebooks to use, coarse first. All that it has by default. */
  readonly codebookCount?: number;
  /**
   * What the model is conditioned on beside the tokens (a speaker, a style), named as the plugin documents. Names and
   * values that it does not know are refused with `argument-invalid`.
   */
  readonly conditioning?: { readonly [name: string]: PlainData };
}

export interface DetokenizeOptions extends CallOptions, DetokenizerSettings {}

/** Turns tokens into audio: the mirror of a tokenizer. */
export interface SpeechDetokenizerV1 {
  readonly specificationVersion: 'v1';
  readonly tokenSpace: TokenSpace;
  /** What `detokenize` gives. Its rate may differ from the token space's. */
  readonly audioFormat: AudioFormat;
  /**
   * Audio of a whole grid: `sampleCount` samples, converted to this rate and rounded, no more and no fewer.
   * @throws SpeechTokensError `token-space-mismatch` when the grid is of another token space
   * @throws SpeechTokensError `token-grid-invalid` when an id is out of range or tracks do not cover the audio
   */
  detokenize(grid: TokenGrid, options?: DetokenizeOptions): Promise<AudioClip>;
  /**
   * Several grids in one call: the mirror of `tokenizeBatch`, with its promises. Options are for all of the grids.
   * @throws SpeechTokensError as `detokenize`; where it is about one grid, its `batchIndex` is that grid's index
   */
  detokenizeBatch?(grids: readonly TokenGrid[], options?: DetokenizeOptions): Promise<readonly AudioClip[]>;
  /** Present where grids can be pushed piece by piece; the audio, joined, equals `detokenize` of the whole. */
  readonly streaming?: Streaming<TokenGrid, PcmChunk, DetokenizerSettings>;
  /** Frees the model. May be called more than once; open sessions end. */
  close(): Promise<void>;
}
