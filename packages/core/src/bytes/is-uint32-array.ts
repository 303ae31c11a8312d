/** Not by `instanceof`: arrays may come from another realm. */
export function isUint32Array(value: unknown): value is Uint32Array {
  return Object.prototype.toString.call(value) === '[object Uint32Array]';
}
