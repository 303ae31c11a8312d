/**
 * Rows of values along time, of bounded memory whatever the length: when there are too many rows, neighbours are merged
 * and each row spans twice the time.
 */
export interface TimeRows {
  /** Appends one row at the finest resolution. The array is copied. */
  add(row: ArrayLike<number>): void;
  /** The merge of the rows from `start` to `end` (exclusive), in finest rows; at least one row; `undefined` past the end. */
  between(start: number, end: number): Float32Array | undefined;
  /** Finest rows added. */
  count(): number;
}

/** @param merge writes the merge of `from` into `into`; `weights` are how many finest rows each stands for */
export function createTimeRows(
  valuesPerRow: number,
  merge: (into: Float32Array, from: Float32Array, intoWeight: number, fromWeight: number) => void,
  capacity = 8192,
): TimeRows {
  const values = new Float32Array(capacity * valuesPerRow);
  const at = (index: number): Float32Array => values.subarray(index * valuesPerRow, (index + 1) * valuesPerRow);
  let span = 1;
  let added = 0;
  const weightOf = (index: number): number => Math.min(span, added - index * span);

  const halve = (): void => {
    for (let i = 0; i < capacity / 2; i++) {
      const row = at(2 * i).slice();
      merge(row, at(2 * i + 1), span, span);
      at(i).set(row);
    }
    span *= 2;
  };

  return {
    add(row) {
      if (added === capacity * span) halve();
      const index = Math.floor(added / span);
      const within = added % span;
      if (within === 0) at(index).set(row);
      else merge(at(index), Float32Array.from(row), within, 1);
      added++;
    },
    between(start, end) {
      const first = Math.floor(start / span);
      if (first < 0 || first * span >= added) return undefined;
      const last = Math.max(first + 1, Math.min(Math.ceil(end / span), Math.ceil(added / span)));
      const merged = at(first).slice();
      let weight = weightOf(first);
      for (let i = first + 1; i < last; i++) {
        merge(merged, at(i), weight, weightOf(i));
        weight += weightOf(i);
      }
      return merged;
    },
    count: () => added,
  };
}
