/** Graphs that are loaded when they are first asked for, one for each number. */
export interface GraphPool<Graph> {
  get(key: number): Promise<Graph>;
  close(): Promise<void>;
}

export function createGraphPool<Graph extends { close(): Promise<void> }>(
  open: (key: number) => Promise<Graph>,
): GraphPool<Graph> {
  const opened = new Map<number, Promise<Graph>>();
  return {
    get(key) {
      const known = opened.get(key);
      if (known !== undefined) return known;
      const opening = open(key);
      opened.set(key, opening);
      // A graph that could not be loaded is tried again when it is next asked for.
      opening.catch(() => opened.delete(key));
      return opening;
    },
    async close() {
      for (const opening of opened.values()) {
        await opening.then(
          (graph) => graph.close(),
          () => undefined,
        );
      }
    },
  };
}
