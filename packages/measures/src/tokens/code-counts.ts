/** How often each id occurred. */
export interface CodeCounts {
  add(id: number): void;
  /** Calls back for every id that occurred, in no order. */
  forEach(each: (count: number, id: number) => void): void;
}

/** Above this size a table of all ids would cost more memory than a map of those that occur. */
const largestTable = 2 ** 18;

export function createCodeCounts(size: number): CodeCounts {
  if (size <= largestTable) {
    const table = new Float64Array(size);
    return {
      add(id) {
        table[id]!++;
      },
      forEach(each) {
        for (let id = 0; id < size; id++) if (table[id]! > 0) each(table[id]!, id);
      },
    };
  }
  const map = new Map<number, number>();
  return {
    add(id) {
      map.set(id, (map.get(id) ?? 0) + 1);
    },
    forEach(each) {
      map.forEach(each);
    },
  };
}
