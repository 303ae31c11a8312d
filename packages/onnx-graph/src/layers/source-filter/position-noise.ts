/**
 * White noise of unit power, a function of the sample's number alone: streams have that of the whole, and two runs are
 * equal. The number goes through an integer hash (two multiplications, three shifts), whose result is uniform.
 */
export function positionNoise(firstSample: number, count: number): Float32Array {
  const noise = new Float32Array(count);
  for (let n = 0; n < count; n++) {
    let x = (firstSample + n) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    noise[n] = (((x ^ (x >>> 16)) >>> 0) / 2 ** 31 - 1) * Math.sqrt(3);
  }
  return noise;
}
