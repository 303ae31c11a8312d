import { isCount, type PlainData } from '@speech-tokens/core';

/** Columns of ids as plain data, with how many there were in all. */
export function savedColumns(count: number, columns: readonly Int32Array[]): PlainData {
  return { count, columns: columns.map((column) => column.slice()) };
}

/** The mirror of `savedColumns`; `undefined` where the data are not so, or of another width. */
export function restoredColumns(
  state: PlainData,
  width: number,
): { readonly count: number; readonly columns: Int32Array[] } | undefined {
  const { count, columns } = (state ?? {}) as Record<string, PlainData>;
  if (!isCount(count) || !Array.isArray(columns)) return undefined;
  const isColumn = (column: unknown): boolean => column instanceof Int32Array && column.length === width;
  return columns.every(isColumn) ? { count, columns: columns.map((column: Int32Array) => column.slice()) } : undefined;
}

/** Columns one after the other, as a session reads them. */
export function joinedColumns(columns: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(columns.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const column of columns) {
    all.set(column, at);
    at += column.length;
  }
  return all;
}
