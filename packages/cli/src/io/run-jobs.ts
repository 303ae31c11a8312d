/** How one job ended. */
export type JobResult<T> = { readonly value: T } | { readonly error: unknown };

/**
 * Runs `work` over all items, at most `limit` at the same time. One that fails does not stop the others. `onResult` is
 * called in the order of the items. After an abort nothing new starts, what runs comes to its end, and the call rejects
 * with `signal.reason`.
 */
export async function runJobs<Item, T>(
  items: readonly Item[],
  limit: number,
  signal: AbortSignal,
  work: (item: Item) => Promise<T>,
  onResult: (result: JobResult<T>, index: number) => Promise<void>,
): Promise<void> {
  const results = new Map<number, JobResult<T>>();
  let nextItem = 0;
  let nextResult = 0;
  let delivering: Promise<void> = Promise.resolve();
  const deliver = async (): Promise<void> => {
    for (let result = results.get(nextResult); result !== undefined; result = results.get(nextResult)) {
      results.delete(nextResult);
      await onResult(result, nextResult++);
    }
  };
  const worker = async (): Promise<void> => {
    while (nextItem < items.length && !signal.aborted) {
      const index = nextItem++;
      try {
        results.set(index, { value: await work(items[index]!) });
      } catch (error) {
        if (signal.aborted) return;
        results.set(index, { error });
      }
      delivering = delivering.then(deliver);
      await delivering;
    }
  };
  await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker));
  signal.throwIfAborted();
  await delivering;
}
