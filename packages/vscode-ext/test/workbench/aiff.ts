/** A recording as AIFF, 16 bit. */
export function encodeAiff(samples: Float32Array, sampleRateHz: number): Uint8Array {
  const dataBytes = 2 * samples.length;
  const bytes = new Uint8Array(12 + 26 + 16 + dataBytes);
  const view = new DataView(bytes.buffer);
  const text = (at: number, value: string): void => bytes.set(new TextEncoder().encode(value), at);
  text(0, 'FORM');
  view.setUint32(4, bytes.length - 8);
  text(8, 'AIFFCOMM');
  view.setUint32(16, 18);
  view.setUint16(20, 1);
  view.setUint32(22, samples.length);
  view.setUint16(26, 16);
  // The rate as an 80 bit float: an exponent, and a mantissa whose first bit is set.
  const exponent = Math.floor(Math.log2(sampleRateHz));
  view.setUint16(28, 16_383 + exponent);
  view.setUint32(30, Math.round(sampleRateHz * 2 ** (31 - exponent)));
  text(38, 'SSND');
  view.setUint32(42, 8 + dataBytes);
  for (const [i, sample] of samples.entries()) {
    view.setInt16(54 + 2 * i, Math.max(-32_768, Math.min(32_767, Math.round(32_768 * sample))));
  }
  return bytes;
}
