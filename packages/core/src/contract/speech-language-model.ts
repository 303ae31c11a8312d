import type { CallOptions } from './call-options.ts';
import type { SpeechDuplex, SpeechGeneration } from './speech-generation.ts';

/** One column of what a speech language model reads and writes at each step. */
export interface TokenStream {
  readonly name: string;
  /** `in` is given by the caller, `out` is chosen by it from logits, `forced` is fixed by the layout. */
  readonly role: 'in' | 'out' | 'forced';
  readonly vocabularySize: number;
}

/**
 * Picks the id of one slot from its logits, which are only lent: those of ids from 0 on. Ids past them, such as Moshi's
 * mark of a start, can be read and are never said. Sampling, seeds and forcing belong to the caller and
 * stay out of models. A promise lets it wait for another session, as guidance by a second one needs.
 */
export type ChooseToken = (slot: { readonly stream: number }, logits: Float32Array) => number | Promise<number>;

/** One sequence in progress. Its calls run in the order in which they were made. */
export interface LanguageModelSession {
  /** Steps that were made and not taken back. */
  readonly stepCount: number;
  /**
   * Reads rows of ids that follow on those before, a row for each step.
   * @param rows ids `[steps · streams]`, in the order of the streams; −1 where a stream has none at that step
   * @param choose asked for each stream that is `out`, in their order, after the last row. Without, nothing is predicted.
   * @returns the chosen ids by stream, −1 where none was: what the next row may hold. None is read by itself.
   * @throws SpeechTokensError `argument-invalid` for rows that do not fit, or where the context is full
   */
  step(rows: Int32Array, choose?: ChooseToken, options?: CallOptions): Promise<Int32Array>;
  /** Forgets all steps from this one on, as if they had never been read. */
  rollback(stepCount: number): Promise<void>;
  /** Another session with the same past. */
  fork(): Promise<LanguageModelSession>;
  close(): Promise<void>;
}

/**
 * A model over token streams.
 * @experimental The shape may change until runtimes of several kinds of models stand on it.
 */
export interface SpeechLanguageModelV0 {
  readonly specificationVersion: 'v0';
  readonly streams: readonly TokenStream[];
  /** Steps that a session has room for. */
  readonly contextSteps: number;
  open(): Promise<LanguageModelSession>;
  /** Present where the model comes with its authors' prompt and layout, and can be asked to say something. */
  readonly generation?: SpeechGeneration;
  /** Present where it hears while it speaks. */
  readonly duplex?: SpeechDuplex;
  close(): Promise<void>;
}
