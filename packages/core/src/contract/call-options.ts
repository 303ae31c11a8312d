/** How far a long call has come. `done` never falls; `total` is absent where the end is not known. */
export interface Progress {
  /** What is being done, in a few words for people, for example `Downloading model`. */
  readonly stage: string;
  readonly done: number;
  readonly total?: number;
  readonly unit: 'samples' | 'bytes' | 'frames' | 'tokens' | 'files';
}

/** What every asynchronous call of the contract takes. */
export interface CallOptions {
  /** When it aborts, the call rejects promptly with `signal.reason` itself, and leaves nothing half-done. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}
