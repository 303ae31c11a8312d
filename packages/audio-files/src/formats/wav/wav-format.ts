import type { WarningList } from '../../audio-file.ts';
import { checkHeaderFormat, decodeError } from '../../errors.ts';
import { viewOf } from '../../source/byte-window.ts';
import type { SampleEncoding } from '../pcm/sample-encoding.ts';

/** What the `fmt ` chunk of a WAV file says. */
export interface WavFormat {
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly encoding: SampleEncoding;
}

const extensibleTag = 0xfffe;

/** Names of format tags that are met in the wild and cannot be read here (Microsoft's mmreg.h). */
const tagNames: Readonly<Record<number, string>> = {
  2: 'Microsoft ADPCM',
  17: 'IMA ADPCM',
  32: 'Yamaha ADPCM',
  34: 'DSP Group TrueSpeech',
  49: 'GSM 6.10',
  64: 'G.721 ADPCM',
  80: 'MPEG layer 1 or 2',
  85: 'MPEG layer 3',
  100: 'G.726 ADPCM',
  101: 'G.722 ADPCM',
  255: 'AAC',
  352: 'Windows Media Audio 1',
  353: 'Windows Media Audio 2',
  62319: 'FLAC',
};

/** The end of every sub-format of WAVEFORMATEXTENSIBLE that stands for a plain format tag. */
const guidTail = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

/**
 * Reads a `fmt ` chunk.
 * @throws SpeechTokensError `audio-decode` when it cannot be right or names an encoding that is not supported
 */
export function parseWavFormat(
  bytes: Uint8Array,
  littleEndian: boolean,
  name: string,
  warnings: WarningList,
): WavFormat {
  if (bytes.length < 16) {
    throw decodeError({
      problem: 'The format chunk of the WAV file is too short',
      found: `${bytes.length} bytes`,
      wanted: 'at least 16',
      name,
      format: 'wav',
    });
  }
  const view = viewOf(bytes);
  let tag = view.getUint16(0, littleEndian);
  const channelCount = view.getUint16(2, littleEndian);
  const sampleRateHz = view.getUint32(4, littleEndian);
  const blockAlign = view.getUint16(12, littleEndian);
  const bits = view.getUint16(14, littleEndian);
  checkHeaderFormat({ sampleRateHz, channelCount }, name, 'wav');
  if (tag === extensibleTag) tag = subFormatTag(bytes, view, littleEndian, name);
  const bytesPerSample = sampleBytes(bits, blockAlign, channelCount, warnings);
  const encoding = encodingOf(tag, bits, bytesPerSample, littleEndian);
  if (encoding === undefined) {
    const title =
      tag === 1 || tag === 3 || tag === 6 || tag === 7 ? `${bits}-bit samples` : (tagNames[tag] ?? 'unknown');
    throw decodeError({
      problem: 'The WAV file holds samples in an encoding that is not supported',
      found: `format tag 0x${tag.toString(16).padStart(4, '0')} (${title}), ${bits} bits`,
      wanted: '8 to 32-bit integer, 32 or 64-bit float, A-law or µ-law',
      name,
      format: 'wav',
    });
  }
  return { sampleRateHz, channelCount, encoding };
}

function subFormatTag(bytes: Uint8Array, view: DataView, littleEndian: boolean, name: string): number {
  if (bytes.length < 40) {
    throw decodeError({
      problem: 'The extensible format chunk of the WAV file is too short',
      found: `${bytes.length} bytes`,
      wanted: 'at least 40',
      name,
      format: 'wav',
    });
  }
  const tag = view.getUint16(24, littleEndian);
  // The first field of a GUID is a 32-bit number in the file's byte order; the tag is its lower half.
  const highHalf = littleEndian ? view.getUint16(26, true) : view.getUint16(24, false);
  const tail = bytes.subarray(28, 40);
  const wantedTail = littleEndian ? guidTail.slice(2) : [0, 0, 0, 0x10, ...guidTail.slice(6)];
  if (highHalf !== 0 || wantedTail.some((byte, i) => tail[i] !== byte)) {
    throw decodeError({
      problem: 'The WAV file names a sub-format that is not supported',
      found: `GUID bytes ${Array.from(bytes.subarray(24, 40), (byte) => byte.toString(16).padStart(2, '0')).join(' ')}`,
      wanted: 'integer or float PCM, A-law or µ-law',
      name,
      format: 'wav',
    });
  }
  return littleEndian ? tag : view.getUint16(26, false);
}

/** Bytes that one sample takes: from the frame size where it makes sense, else from the bits. */
function sampleBytes(bits: number, blockAlign: number, channelCount: number, warnings: WarningList): number {
  const fromBits = Math.ceil(bits / 8);
  const fromBlock = blockAlign / channelCount;
  if (fromBlock === fromBits) return fromBits;
  if (Number.isInteger(fromBlock) && fromBlock > fromBits && fromBlock <= 4 && bits > 8) {
    warnings.add(
      'header-inconsistent',
      `Samples of ${bits} bits take ${fromBlock} bytes each; they were read as left-justified`,
    );
    return fromBlock;
  }
  warnings.add(
    'header-inconsistent',
    `The header gives ${blockAlign} bytes for a frame of ${channelCount} samples of ${bits} bits; the bits were believed`,
  );
  return fromBits;
}

function encodingOf(
  tag: number,
  bits: number,
  bytesPerSample: number,
  littleEndian: boolean,
): SampleEncoding | undefined {
  if (tag === 1 && bits >= 1 && bits <= 32) {
    if (bits <= 8) return { kind: 'unsigned8', bytesPerSample: 1, littleEndian };
    return { kind: 'signed', bytesPerSample, littleEndian };
  }
  if (tag === 3 && (bits === 32 || bits === 64)) return { kind: 'float', bytesPerSample: bits / 8, littleEndian };
  if (tag === 6 && bits === 8) return { kind: 'a-law', bytesPerSample: 1, littleEndian };
  if (tag === 7 && bits === 8) return { kind: 'mu-law', bytesPerSample: 1, littleEndian };
  return undefined;
}
