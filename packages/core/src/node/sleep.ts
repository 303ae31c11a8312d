import { raceSignal } from '../streaming/race-signal.ts';

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
