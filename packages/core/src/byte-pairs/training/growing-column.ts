/** The array itself where it holds `length` numbers, else a copy of twice the room. */
export function grown(column: Int32Array, length: number): Int32Array {
  if (length <= column.length) return column;
  const wider = new Int32Array(Math.max(length, 2 * column.length));
  wider.set(column);
  return wider;
}
