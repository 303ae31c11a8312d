/** How one sample is stored. Integers are left-justified in their bytes, as WAV and AIFF ask. */
export interface SampleEncoding {
  readonly kind: 'signed' | 'unsigned8' | 'float' | 'a-law' | 'mu-law';
  /** 1 to 4 for integers, 4 or 8 for float, 1 for A-law and µ-law. */
  readonly bytesPerSample: number;
  readonly littleEndian: boolean;
}

/** A few words for people, for example `24-bit integer`. */
export function describeEncoding(encoding: SampleEncoding): string {
  switch (encoding.kind) {
    case 'signed':
      return `${encoding.bytesPerSample * 8}-bit integer`;
    case 'unsigned8':
      return '8-bit unsigned integer';
    case 'float':
      return `${encoding.bytesPerSample * 8}-bit float`;
    case 'a-law':
      return 'A-law';
    case 'mu-law':
      return 'µ-law';
  }
}

/**
 * Splits interleaved bytes into planar samples.
 * @param bytes whole frames: a multiple of `channelCount * bytesPerSample`
 * @returns the channels, and how many values were not finite (they become 0)
 */
export function decodeInterleaved(
  bytes: Uint8Array,
  encoding: SampleEncoding,
  channelCount: number,
): { readonly channels: Float32Array[]; readonly notFiniteCount: number } {
  const { bytesPerSample } = encoding;
  const frameBytes = bytesPerSample * channelCount;
  const frameCount = Math.floor(bytes.length / frameBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const readSample = sampleReader(view, encoding);
  const channels: Float32Array[] = [];
  let notFiniteCount = 0;
  for (let channel = 0; channel < channelCount; channel++) {
    const samples = new Float32Array(frameCount);
    let offset = channel * bytesPerSample;
    for (let i = 0; i < frameCount; i++, offset += frameBytes) samples[i] = readSample(offset);
    // Only float can hold such values; a 64-bit float may also overflow on its way to 32 bits.
    if (encoding.kind === 'float') notFiniteCount += silenceNotFinite(samples);
    channels.push(samples);
  }
  return { channels, notFiniteCount };
}

function sampleReader(view: DataView, encoding: SampleEncoding): (offset: number) => number {
  const { kind, bytesPerSample, littleEndian } = encoding;
  if (kind === 'unsigned8') return (offset) => (view.getUint8(offset) - 128) / 128;
  if (kind === 'a-law') return (offset) => aLawTable[view.getUint8(offset)]!;
  if (kind === 'mu-law') return (offset) => muLawTable[view.getUint8(offset)]!;
  if (kind === 'float') {
    return bytesPerSample === 4
      ? (offset) => view.getFloat32(offset, littleEndian)
      : (offset) => view.getFloat64(offset, littleEndian);
  }
  switch (bytesPerSample) {
    case 1:
      return (offset) => view.getInt8(offset) / 2 ** 7;
    case 2:
      return (offset) => view.getInt16(offset, littleEndian) / 2 ** 15;
    case 3:
      return littleEndian
        ? (offset) => (view.getInt8(offset + 2) * 65_536 + view.getUint16(offset, true)) / 2 ** 23
        : (offset) => (view.getInt8(offset) * 65_536 + view.getUint16(offset + 1, false)) / 2 ** 23;
    default:
      return (offset) => view.getInt32(offset, littleEndian) / 2 ** 31;
  }
}

function silenceNotFinite(samples: Float32Array): number {
  let count = 0;
  for (let i = 0; i < samples.length; i++) {
    if (!Number.isFinite(samples[i]!)) {
      samples[i] = 0;
      count++;
    }
  }
  return count;
}

/** ITU-T G.711, table 1a: 13-bit values, here over 4096. */
const aLawTable: Float32Array = /* @__PURE__ */ Float32Array.from({ length: 256 }, (_, code) => {
  const bits = code ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = bits & 15;
  const magnitude = exponent === 0 ? 2 * mantissa + 1 : (2 * mantissa + 33) << (exponent - 1);
  return (bits & 0x80 ? magnitude : -magnitude) / 4096;
});

/** ITU-T G.711, table 2a: 14-bit values, here over 8192. */
const muLawTable: Float32Array = /* @__PURE__ */ Float32Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff;
  const exponent = (bits >> 4) & 7;
  const mantissa = bits & 15;
  const magnitude = ((2 * mantissa + 33) << exponent) - 33;
  return magnitude === 0 ? 0 : (bits & 0x80 ? -magnitude : magnitude) / 8192;
});
