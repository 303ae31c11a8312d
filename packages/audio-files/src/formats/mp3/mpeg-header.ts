/** One MPEG audio frame header (ISO/IEC 11172-3, 13818-3, and the unofficial 2.5), layers 1 to 3. */
export interface MpegHeader {
  /** 1, 2 or 2.5. */
  readonly version: number;
  readonly layer: number;
  readonly sampleRateHz: number;
  readonly channelCount: number;
  /** Samples in each channel of one frame. */
  readonly frameSampleCount: number;
  /** Bytes from this header to the next; `undefined` for the free format. */
  readonly frameBytes: number | undefined;
  /** Bytes of side information behind the header (layer 3): a Xing header comes after them. */
  readonly sideInfoBytes: number;
}

const bitrates: Readonly<Record<string, readonly number[]>> = {
  '1-1': [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  '1-2': [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  '1-3': [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  '2-1': [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  '2-2': [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  '2-3': [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};

const baseRates = [44_100, 48_000, 32_000];

/** The header at a place, or `undefined` where there is none. */
export function parseMpegHeader(bytes: Uint8Array, offset: number): MpegHeader | undefined {
  if (offset + 4 > bytes.length) return undefined;
  const b1 = bytes[offset + 1]!;
  const b2 = bytes[offset + 2]!;
  if (bytes[offset] !== 0xff || (b1 & 0xe0) !== 0xe0) return undefined;
  const versionBits = (b1 >> 3) & 3;
  const layerBits = (b1 >> 1) & 3;
  const bitrateIndex = b2 >> 4;
  const rateIndex = (b2 >> 2) & 3;
  if (versionBits === 1 || layerBits === 0 || bitrateIndex === 15 || rateIndex === 3) return undefined;
  const version = versionBits === 3 ? 1 : versionBits === 2 ? 2 : 2.5;
  const layer = 4 - layerBits;
  const sampleRateHz = baseRates[rateIndex]! / (version === 1 ? 1 : version === 2 ? 2 : 4);
  const channelCount = bytes[offset + 3]! >> 6 === 3 ? 1 : 2;
  const frameSampleCount = layer === 1 ? 384 : layer === 2 || version === 1 ? 1152 : 576;
  const bitrate = bitrates[`${version === 1 ? 1 : 2}-${layer}`]![bitrateIndex]! * 1000;
  const padding = (b2 >> 1) & 1;
  let frameBytes: number | undefined;
  if (bitrate > 0) {
    frameBytes =
      layer === 1
        ? (Math.floor((12 * bitrate) / sampleRateHz) + padding) * 4
        : Math.floor(((frameSampleCount / 8) * bitrate) / sampleRateHz) + padding;
  }
  const sideInfoBytes = version === 1 ? (channelCount === 1 ? 17 : 32) : channelCount === 1 ? 9 : 17;
  return { version, layer, sampleRateHz, channelCount, frameSampleCount, frameBytes, sideInfoBytes };
}

/**
 * The first place where a header stands and another of the same kind follows one frame later (or the file ends there):
 * a single sync word turns up by chance in any data.
 */
export function findMpegHeader(
  bytes: Uint8Array,
): { readonly header: MpegHeader; readonly offset: number } | undefined {
  for (let offset = 0; offset + 4 <= bytes.length; offset++) {
    const header = parseMpegHeader(bytes, offset);
    if (header?.frameBytes === undefined) continue;
    const next = offset + header.frameBytes;
    const following = parseMpegHeader(bytes, next);
    const follows =
      following !== undefined &&
      following.version === header.version &&
      following.layer === header.layer &&
      following.sampleRateHz === header.sampleRateHz;
    if (follows || (offset === 0 && next === bytes.length)) return { header, offset };
  }
  return undefined;
}
