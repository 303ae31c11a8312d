/**
 * Works on items side by side, and gives the results in the order of the items. An item is asked for when there is room
 * for it. Where one fails, those after it are waited for, then its error is thrown.
 * @param atOnce the most items at work
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<{ readonly item: Item; readonly result: Result }> {
  const source = eachOf(items);
  const running: { readonly item: Item; readonly result: Promise<Result> }[] = [];
  try {
    for (let isEnd = false; ; ) {
      while (!isEnd && running.length < atOnce) {
        const next = await source.next();
        if (next.done) {
          isEnd = true;
        } else {
          const result = work(next.value);
          // Its turn to be looked at comes later.
          result.catch(() => undefined);
          running.push({ item: next.value, result });
        }
      }
      const first = running.shift();
      if (first === undefined) return;
      yield { item: first.item, result: await first.result };
    }
  } finally {
    await Promise.allSettled(running.map(({ result }) => result));
    await source.return(undefined);
  }
}

async function* eachOf<Item>(items: Iterable<Item> | AsyncIterable<Item>): AsyncGenerator<Item, undefined> {
  yield* items;
}
