import type { CallOptions } from './call-options.ts';
import type { SessionState } from './streaming.ts';

/** One row of what a speech language model reads and writes at each step. */
export interface TokenStream {
  readonly name: string;
  /** `in` is given by the caller, `out` is chosen by it from logits, `forced` is fixed by the layout. */
  readonly role: 'in' | 'out' | 'forced';
  readonly vocabularySize: number;
}

/** Picks the id of one slot. Sampling, seeds and forcing belong to the caller and stay out of models. */
export type ChooseToken = (slot: { readonly stream: number }, logits: Float32Array) => number;

export interface LanguageModelSession {
  /**
   * One step of the frame clock.
   * @param inputs an id per stream; `null` where the stream has none at this step
   * @returns the id per stream that was chosen at this step; `null` where none was
   */
  step(
    inputs: readonly (number | null)[],
    choose: ChooseToken,
    options?: CallOptions,
  ): Promise<readonly (number | null)[]>;
  reset(): void;
  saveState(): Promise<SessionState>;
  close(): Promise<void>;
}

/**
 * A model over token streams.
 * @experimental The shape may change until the first runtime of speech language models stands on it.
 */
export interface SpeechLanguageModelV0 {
  readonly specificationVersion: 'v0';
  readonly streams: readonly TokenStream[];
  open(options?: { readonly state?: SessionState }): Promise<LanguageModelSession>;
  close(): Promise<void>;
}
