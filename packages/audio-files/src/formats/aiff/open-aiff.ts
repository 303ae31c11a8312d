import type { ByteSource } from '@speech-tokens/core';
import type { FormatReader, WarningList } from '../../audio-file.ts';
import { checkHeaderFormat, decodeError } from '../../errors.ts';
import { asciiOf, type ByteWindow, createByteWindow, viewOf } from '../../source/byte-window.ts';
import { createPcmReader } from '../pcm/pcm-reader.ts';
import type { SampleEncoding } from '../pcm/sample-encoding.ts';

const maxChunkCount = 10_000;

interface CommonChunk {
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly sampleCount: number;
  readonly encoding: SampleEncoding;
}

interface SoundChunk {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/**
 * Opens AIFF or AIFF-C (Apple, "Audio Interchange File Format", 1989, and its 1991 extension).
 * @throws SpeechTokensError `audio-decode` when there is no usable header or no data
 */
export async function openAiff(
  source: ByteSource,
  warnings: WarningList,
  signal: AbortSignal | undefined,
): Promise<FormatReader> {
  const window = createByteWindow(source, signal);
  const { common, sound } = await findChunks(window);
  const frameBytes = common.channelCount * common.encoding.bytesPerSample;
  const presentBytes = Math.max(0, Math.min(sound.sizeBytes, source.sizeBytes - sound.offsetBytes));
  const presentCount = Math.floor(presentBytes / frameBytes);
  if (presentCount < common.sampleCount) {
    warnings.add(
      'truncated',
      `The header gives ${common.sampleCount} samples a channel, the file has ${presentCount}; these were taken`,
    );
  }
  return createPcmReader(
    source,
    {
      format: 'aiff',
      sampleRateHz: common.sampleRateHz,
      channelCount: common.channelCount,
      encoding: common.encoding,
      dataOffsetBytes: sound.offsetBytes,
      sampleCount: Math.min(presentCount, common.sampleCount),
    },
    warnings,
  );
}

async function findChunks(window: ByteWindow): Promise<{ readonly common: CommonChunk; readonly sound: SoundChunk }> {
  const { name } = window;
  const compressed = asciiOf(await window.peek(8, 4)) === 'AIFC';
  let common: CommonChunk | undefined;
  let sound: SoundChunk | undefined;
  let offset = 12;
  for (let count = 0; offset + 8 <= window.sizeBytes && count < maxChunkCount; count++) {
    const header = await window.peek(offset, 8);
    const id = asciiOf(header, 0, 4);
    const size = viewOf(header).getUint32(4, false);
    const body = offset + 8;
    if (id === 'COMM' && common === undefined) {
      common = parseCommon(await window.peek(body, Math.min(size, 64)), compressed, name);
    } else if (id === 'SSND' && sound === undefined) {
      const fields = await window.peek(body, 8);
      const skip = fields.length < 4 ? 0 : viewOf(fields).getUint32(0, false);
      sound = { offsetBytes: body + 8 + skip, sizeBytes: Math.max(0, size - 8 - skip) };
    }
    if (common !== undefined && sound !== undefined) return { common, sound };
    offset = body + size + (size % 2);
  }
  // A file without any sound may leave the sound chunk out.
  if (common?.sampleCount === 0) return { common, sound: { offsetBytes: window.sizeBytes, sizeBytes: 0 } };
  throw decodeError({
    problem: `The AIFF file ends without a ${common === undefined ? 'common' : 'sound data'} chunk`,
    found: `${window.sizeBytes} bytes`,
    wanted: 'a common chunk (COMM) and a sound data chunk (SSND)',
    name,
    format: 'aiff',
  });
}

function parseCommon(bytes: Uint8Array, compressed: boolean, name: string): CommonChunk {
  const wantedBytes = compressed ? 22 : 18;
  if (bytes.length < wantedBytes) {
    throw decodeError({
      problem: 'The common chunk of the AIFF file is too short',
      found: `${bytes.length} bytes`,
      wanted: `at least ${wantedBytes}`,
      name,
      format: 'aiff',
    });
  }
  const view = viewOf(bytes);
  const channelCount = view.getUint16(0, false);
  const sampleCount = view.getUint32(2, false);
  const bits = view.getUint16(6, false);
  // AIFF may hold a fraction of a hertz; every clock here is whole.
  const sampleRateHz = Math.round(readExtended(view, 8));
  checkHeaderFormat({ sampleRateHz, channelCount }, name, 'aiff');
  const type = compressed ? asciiOf(bytes, 18, 4) : 'NONE';
  const encoding = encodingOf(type, bits);
  if (encoding === undefined) {
    throw decodeError({
      problem: 'The AIFF file holds samples in an encoding that is not supported',
      found: `compression type ${JSON.stringify(type)}, ${bits} bits`,
      wanted: '8 to 32-bit integer, 32 or 64-bit float, A-law or µ-law',
      name,
      format: 'aiff',
    });
  }
  return { sampleRateHz, channelCount, sampleCount, encoding };
}

function encodingOf(type: string, bits: number): SampleEncoding | undefined {
  const signed = (bytesPerSample: number, littleEndian: boolean): SampleEncoding | undefined =>
    bytesPerSample >= 1 && bytesPerSample <= 4 ? { kind: 'signed', bytesPerSample, littleEndian } : undefined;
  switch (type) {
    case 'NONE':
    case 'twos':
      return signed(Math.ceil(bits / 8), false);
    case 'sowt':
      return signed(Math.ceil(bits / 8), true);
    case 'in24':
      return signed(3, false);
    case 'in32':
      return signed(4, false);
    case 'raw ':
      return bits === 8 ? { kind: 'unsigned8', bytesPerSample: 1, littleEndian: false } : undefined;
    case 'fl32':
    case 'FL32':
      return { kind: 'float', bytesPerSample: 4, littleEndian: false };
    case 'fl64':
    case 'FL64':
      return { kind: 'float', bytesPerSample: 8, littleEndian: false };
    case 'alaw':
    case 'ALAW':
      return { kind: 'a-law', bytesPerSample: 1, littleEndian: false };
    case 'ulaw':
    case 'ULAW':
      return { kind: 'mu-law', bytesPerSample: 1, littleEndian: false };
    default:
      return undefined;
  }
}

/** An 80-bit IEEE 754 extended number; NaN where it is negative or not a number. */
function readExtended(view: DataView, offset: number): number {
  const head = view.getUint16(offset, false);
  if (head & 0x8000 || head === 0x7fff) return Number.NaN;
  const mantissa = view.getUint32(offset + 2, false) * 2 ** 32 + view.getUint32(offset + 6, false);
  return mantissa * 2 ** (head - 16_383 - 63);
}
