import type { GraphSession } from '@speech-tokens/onnx-graph';

/** Graphs that are loaded when they are first asked for, one for each number. */
export interface GraphPool {
  get(key: number): Promise<GraphSession>;
  close(): Promise<void>;
}

export function createGraphPool(open: (key: number) => Promise<GraphSession>): GraphPool {
  const opened = new Map<number, Promise<GraphSession>>();
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
          (session) => session.close(),
          () => undefined,
        );
      }
    },
  };
}
