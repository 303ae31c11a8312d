/** The table of error codes, each with the details a program can act on. */
export interface ErrorDetails {
  /** An argument of a call is out of its range. */
  'argument-invalid': { readonly argument: string };
  /** Samples are not laid out as wanted (rate, channels, lengths, finite values). */
  'audio-format': object;
  /** A sound file cannot be decoded. */
  'audio-decode': { readonly path?: string; readonly format?: string };
  /** Tokens of one space met a part of another. */
  'token-space-mismatch': { readonly foundId: string; readonly wantedId: string };
  /** A grid contradicts its own token space. */
  'token-grid-invalid': { readonly codebook?: string };
  /** A token file cannot be read. */
  'token-file-invalid': { readonly path?: string };
  /** Byte pair merges, or a file of them, cannot be used; `feature` names what a tokenizer.json asks for and is not done here. */
  'merges-invalid': { readonly path?: string; readonly feature?: string };
  /** The input of a stream does not start where the last one ended. */
  'stream-order': { readonly foundStartSample: number; readonly wantedStartSample: number };
  'session-closed': object;
  /** A saved state is not of this component. */
  'session-state-invalid': object;
  'plugin-not-found': { readonly packageName: string };
  'plugin-invalid': { readonly packageName: string };
  'plugin-version-unsupported': { readonly packageName: string; readonly foundVersion: string };
  'component-not-found': { readonly id: string; readonly suggestions: readonly string[] };
  /** The user has not agreed to a download. */
  'model-consent': { readonly url: string; readonly sizeBytes?: number; readonly licence: string };
  'model-offline': { readonly url: string };
  /** `status` is absent where no answer came, `retryAfterSeconds` where the server named no time to wait. */
  'model-download': { readonly url: string; readonly status?: number; readonly retryAfterSeconds?: number };
  /** The disk of the cache is full, or would be. */
  'model-disk-space': { readonly path: string; readonly neededBytes?: number; readonly freeBytes?: number };
  'model-missing': { readonly path: string };
  'model-corrupt': { readonly path: string; readonly foundSha256?: string; readonly wantedSha256?: string };
  /** A checkpoint is not what its reader expects. */
  'checkpoint-invalid': { readonly path: string; readonly tensor?: string };
  /** The platform has no build of the inference library. */
  'inference-unavailable': { readonly platform: string };
  'inference-failed': { readonly stage: string };
  'file-read': { readonly path: string };
  'file-write': { readonly path: string };
}

export type ErrorCode = keyof ErrorDetails;
