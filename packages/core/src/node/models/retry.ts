import type { SpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { sleep } from '../sleep.ts';

export interface RetryPolicy {
  /** Tries in a row that bring nothing before the last error is thrown; at least 1. */
  readonly attempts: number;
  /** Wait after the first failure; doubles with each further one, less up to a half at random. */
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** The longest wait that a server may ask for (`Retry-After`); where it asks for more, the call fails at once. */
  readonly longestRetryAfterMs: number;
}

/** What one try came to. A failure that another try cannot mend is thrown instead. */
export type Attempt<T> = { readonly done: true; readonly value: T } | FailedAttempt;

export interface FailedAttempt {
  readonly done: false;
  readonly error: SpeechTokensError;
  /** What the server asked to wait. */
  readonly waitMs?: number;
  /** Whether the try came further than any before, so that it does not count against the limit. */
  readonly progressed?: boolean;
}

/** Tries until it works, or until the policy's number of tries in a row has brought nothing. */
export async function withRetries<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  attempt: () => Promise<Attempt<T>>,
): Promise<T> {
  let failures = 0;
  for (;;) {
    signal?.throwIfAborted();
    const result = await attempt();
    if (result.done) return result.value;
    failures = result.progressed === true ? 1 : failures + 1;
    if (failures >= policy.attempts && result.progressed !== true) throw result.error;
    if (result.waitMs !== undefined && result.waitMs > policy.longestRetryAfterMs) throw result.error;
    const backoffMs = Math.min(policy.longestDelayMs, policy.firstDelayMs * 2 ** (failures - 1));
    // Programs that failed together should not come back together.
    await sleep(result.waitMs ?? backoffMs * (0.5 + Math.random() / 2), signal);
  }
}
