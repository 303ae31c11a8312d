/** Runs calls one after another, in the order they were made. */
export interface CallQueue {
  /**
   * Waits for the calls before, then runs `task`. When the signal aborts, the result rejects at once with its reason,
   * and a task that has not started never does. A task that has started must look at the signal itself, and undo what
   * it did before it gives up.
   */
  run<Result>(task: () => Result | Promise<Result>, signal?: AbortSignal): Promise<Result>;
}

/** A queue for the calls of one stream session. */
export function createCallQueue(): CallQueue {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run(task, signal) {
      const result = last.then(() => {
        signal?.throwIfAborted();
        return task();
      });
      last = result.catch(() => undefined);
      return signal === undefined ? result : untilAborted(result, signal);
    },
  };
}

/** The result of a promise, unless the signal aborts first: then the rejection with its reason. */
function untilAborted<Result>(result: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const settled = (): void => signal.removeEventListener('abort', abort);
    result.then(
      (value) => {
        settled();
        resolve(value);
      },
      (error) => {
        settled();
        reject(error);
      },
    );
  });
}
