/**
 * A promise's result, or the signal's reason as soon as it aborts. The work itself goes on; its outcome is then
 * looked at by no one.
 */
export async function raceSignal<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  work.catch(() => undefined);
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}

/** Waits, and rejects with the signal's reason when it aborts. */
export async function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<void>((done) => {
    timer = setTimeout(done, durationMs);
  });
  try {
    await raceSignal(waited, signal);
  } finally {
    clearTimeout(timer);
  }
}
