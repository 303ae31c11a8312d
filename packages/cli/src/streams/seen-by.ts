/** Passes a stream on as it is, and shows what passes by. */
export async function* seenBy<Item>(items: AsyncIterable<Item>, see: (item: Item) => void): AsyncGenerator<Item> {
  for await (const item of items) {
    see(item);
    yield item;
  }
}
