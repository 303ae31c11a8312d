/**
 * Four random words from a key and a counter, without a state: Philox 4x32-10. Any stretch of its output can be had
 * without what lies before it.
 * Source: Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3" (2011); DEShawResearch/random123, philox.h.
 * @param words the counter, four integers of 32 bits; replaced by the result, in [0, 2^32)
 */
export function philox(words: Uint32Array, key: readonly [number, number]): void {
  let [c0, c1, c2, c3] = words as unknown as readonly [number, number, number, number];
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low0 = Math.imul(0xd2511f53, c0);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

/** The upper 32 bits of a product of 32-bit integers, from products of their halves. */
function multiplyHigh(a: number, b: number): number {
  const [aLow, aHigh] = [a & 0xffff, a >>> 16];
  const [bLow, bHigh] = [b & 0xffff, b >>> 16];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carried = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65_536) + (carried >>> 16)) | 0;
}
