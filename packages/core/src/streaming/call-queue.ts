/** A call of a session, as the queue runs it. */
export interface QueuedCall<Result> {
  perform(): Result | Promise<Result>;
  /** Takes back what `perform` did, or began; called at once when the call fails or was aborted meanwhile. */
  undo?(): void;
  readonly signal?: AbortSignal | undefined;
}

/** Runs calls one after another, in the order they were made. */
export interface CallQueue {
  /**
   * Waits for the calls before, then performs this one. When the signal aborts, the result rejects at once with its
   * reason; a call that has not started never does, and one that has is undone when it ends. Whether a call was made
   * and what its caller hears are decided in one step: there is no moment at which the two can differ.
   */
  run<Result>(call: QueuedCall<Result>): Promise<Result>;
}

/** A queue for the calls of one session, of streams or of anything else that has a state. */
export function createCallQueue(): CallQueue {
  let last: Promise<void> = Promise.resolve();
  return {
    run<Result>({ perform, undo, signal }: QueuedCall<Result>): Promise<Result> {
      return new Promise<Result>((resolve, reject) => {
        const abort = (): void => reject(signal?.reason);
        if (signal?.aborted === true) {
          abort();
          return;
        }
        signal?.addEventListener('abort', abort, { once: true });
        last = last.then(async () => {
          if (signal?.aborted === true) return;
          try {
            const result = await perform();
            signal?.throwIfAborted();
            resolve(result);
          } catch (error) {
            reject(errorAfterUndo(error, undo));
          } finally {
            signal?.removeEventListener('abort', abort);
          }
        });
      });
    },
  };
}

/** A call that cannot be undone says so: the calls after it must not go on as if it had been. */
function errorAfterUndo(error: unknown, undo: (() => void) | undefined): unknown {
  try {
    undo?.();
    return error;
  } catch (failure) {
    return failure;
  }
}
