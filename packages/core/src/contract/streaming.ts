import type { CallOptions } from './call-options.ts';

/** Data that survives `structuredClone`: it can be forked, stored and moved to another process. */
export type PlainData =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | readonly PlainData[]
  | { readonly [key: string]: PlainData };

/** Where a stream stands. A session opened with it continues bit for bit. */
export interface SessionState {
  /** The component that wrote it, for example `tokenizer rvq:speech-16khz#3fa94c`; a different one refuses it. */
  readonly writtenBy: string;
  readonly formatVersion: number;
  readonly data: PlainData;
}

/**
 * One stream in progress. Calls run in the order they were made, also when they are not awaited.
 * After `flush` the session takes nothing more until `reset`. A call that fails or is aborted counts as not made: the
 * stream stands where it stood before it.
 */
export interface StreamSession<In, Out> {
  /**
   * Gives the next input, of any length (also none). The session does not change it, and it belongs to the caller again
   * once the call has settled.
   * Resolves to what is ready by now, in order; often nothing.
   * @throws SpeechTokensError `stream-order` when the input does not start where the last one ended
   * @throws SpeechTokensError `session-closed` after `close` or `flush`
   */
  push(input: In, options?: CallOptions): Promise<readonly Out[]>;
  /** Ends the stream: resolves to everything still held back, so that the whole input is covered. */
  flush(options?: CallOptions): Promise<readonly Out[]>;
  /** Starts over. The session then equals a new one, bit for bit. */
  reset(): void;
  /** Where the stream stands after every call made so far. */
  saveState?(): Promise<SessionState>;
  /** Frees what the session holds. May be called more than once. */
  close(): Promise<void>;
}

/** The streaming side of a tokenizer or detokenizer. Sessions are independent of each other. */
export interface Streaming<In, Out, OpenOptions extends object = object> {
  /**
   * The delay of the stream, in samples of its token space: for any sample s, all output that covers s has been
   * returned once the input up to s + latencySamples (exclusive) was pushed; and for some s, not before.
   * So it is never less than one hop. Tokens of one frame of 320 samples with one frame of look-ahead: 640.
   */
  readonly latencySamples: number;
  open(options?: OpenOptions & { readonly state?: SessionState }): Promise<StreamSession<In, Out>>;
}
