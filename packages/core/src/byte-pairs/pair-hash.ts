/** Mixes two ids into 32 bits, of which the low ones are as good as the others. */
export function pairHash(left: number, right: number): number {
  let hash = Math.imul(left, 0x9e3779b1) + right;
  // A step of MurmurHash3's finalizer.
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca77);
  return hash ^ (hash >>> 13);
}
