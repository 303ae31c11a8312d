import type { ByteSource } from '@speech-tokens/core';
import type { FormatReader, WarningList } from '../../audio-file.ts';
import { decodeError } from '../../errors.ts';
import { asciiOf, type ByteWindow, createByteWindow, viewOf } from '../../source/byte-window.ts';
import { createPcmReader } from '../pcm/pcm-reader.ts';
import { parseWavFormat, type WavFormat } from './wav-format.ts';

/** More chunks than any real file has. */
const maxChunkCount = 10_000;

/** A size field of this value says: see the `ds64` chunk, or: not known when the header was written. */
const unknownSize32 = 0xffffffff;

interface DataChunk {
  readonly offsetBytes: number;
  /** As the header says; `undefined` where it says that it does not know. */
  readonly declaredBytes: number | undefined;
}

/**
 * Opens RIFF, RIFX, RF64 or BW64 WAVE.
 * @throws SpeechTokensError `audio-decode` when there is no usable header or no data
 */
export async function openWav(
  source: ByteSource,
  warnings: WarningList,
  signal: AbortSignal | undefined,
): Promise<FormatReader> {
  const window = createByteWindow(source, signal);
  const { format, data } = await findChunks(window, warnings);
  const availableBytes = source.sizeBytes - data.offsetBytes;
  const frameBytes = format.channelCount * format.encoding.bytesPerSample;
  const dataBytes = await usableDataBytes(window, data, availableBytes, frameBytes, warnings);
  return createPcmReader(
    source,
    {
      format: 'wav',
      ...format,
      dataOffsetBytes: data.offsetBytes,
      sampleCount: Math.floor(dataBytes / frameBytes),
    },
    warnings,
  );
}

async function findChunks(
  window: ByteWindow,
  warnings: WarningList,
): Promise<{ readonly format: WavFormat; readonly data: DataChunk }> {
  const { name } = window;
  const head = await window.peek(0, 12);
  const littleEndian = asciiOf(head, 0, 4) !== 'RIFX';
  let format: WavFormat | undefined;
  let data: DataChunk | undefined;
  /** From `ds64`: sizes of chunks that do not fit 32 bits. */
  const longSizes = new Map<string, number>();
  let offset = 12;
  for (let count = 0; offset + 8 <= window.sizeBytes; count++) {
    if (count === maxChunkCount) {
      throw decodeError({
        problem: 'The WAV file has no end of chunks',
        found: `more than ${maxChunkCount}`,
        wanted: 'a format chunk and a data chunk',
        name,
        format: 'wav',
      });
    }
    const header = await window.peek(offset, 8);
    const id = asciiOf(header, 0, 4);
    const size32 = viewOf(header).getUint32(4, littleEndian);
    const longSize = size32 === unknownSize32 ? longSizes.get(id) : undefined;
    const size = longSize ?? size32;
    const bodyOffset = offset + 8;
    if (id === 'ds64') {
      readLongSizes(await window.peek(bodyOffset, Math.min(size, 4096)), longSizes);
    } else if (id === 'fmt ' && format === undefined) {
      format = parseWavFormat(await window.peek(bodyOffset, Math.min(size, 64)), littleEndian, name, warnings);
    } else if (id === 'data' && data === undefined) {
      data = {
        offsetBytes: bodyOffset,
        declaredBytes: size32 === unknownSize32 && longSize === undefined ? undefined : size,
      };
    }
    if (format !== undefined && data !== undefined) return { format, data };
    // The body of `data` is passed over only to find a format chunk behind it.
    offset = await nextChunkOffset(window, bodyOffset + size);
  }
  throw decodeError({
    problem: `The WAV file ends without a ${format === undefined ? 'format' : 'data'} chunk`,
    found: `${window.sizeBytes} bytes`,
    wanted: 'a format chunk and a data chunk',
    name,
    format: 'wav',
  });
}

/** Chunks start at even places; some writers forget to pad, so an id at the odd place is taken where only it is one. */
async function nextChunkOffset(window: ByteWindow, end: number): Promise<number> {
  if (end % 2 === 0) return end;
  const bytes = await window.peek(end, 5);
  return isChunkId(bytes.subarray(0, 4)) && !isChunkId(bytes.subarray(1, 5)) ? end : end + 1;
}

function isChunkId(bytes: Uint8Array): boolean {
  return bytes.length === 4 && bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
}

/** EBU Tech 3306: RIFF size, data size, sample count (64 bits each), then a table of (id, 64-bit size). */
function readLongSizes(bytes: Uint8Array, sizes: Map<string, number>): void {
  if (bytes.length < 28) return;
  const view = viewOf(bytes);
  sizes.set('data', Number(view.getBigUint64(8, true)));
  const entryCount = view.getUint32(24, true);
  for (let i = 0; i < entryCount && 28 + 12 * (i + 1) <= bytes.length; i++) {
    const at = 28 + 12 * i;
    sizes.set(asciiOf(bytes, at, 4), Number(view.getBigUint64(at + 4, true)));
  }
}

/** As much as the header says, or as much as there is. */
async function usableDataBytes(
  window: ByteWindow,
  data: DataChunk,
  availableBytes: number,
  frameBytes: number,
  warnings: WarningList,
): Promise<number> {
  const { declaredBytes } = data;
  if (declaredBytes === undefined) {
    warnings.add('length-unknown', 'The header does not give the length; all that follows was taken as audio');
    return availableBytes;
  }
  if (declaredBytes > availableBytes) {
    warnings.add(
      'truncated',
      `The header gives ${declaredBytes} bytes of audio, the file has ${availableBytes}; these were taken`,
    );
    return availableBytes;
  }
  if (declaredBytes === 0 && availableBytes >= frameBytes && !(await looksLikeChunk(window, data.offsetBytes))) {
    warnings.add('length-unknown', 'The header gives a length of 0; all that follows was taken as audio');
    return availableBytes;
  }
  if (declaredBytes % frameBytes !== 0) {
    warnings.add(
      'size-mismatch',
      `The ${declaredBytes} bytes of audio are not whole frames of ${frameBytes} bytes; the rest was left out`,
    );
  }
  return declaredBytes;
}

/** Whether a chunk that fits the file starts here: then a data chunk of size 0 before it is really empty. */
async function looksLikeChunk(window: ByteWindow, offset: number): Promise<boolean> {
  const header = await window.peek(offset, 8);
  if (header.length < 8 || !isChunkId(header.subarray(0, 4))) return false;
  const size = viewOf(header).getUint32(4, true);
  return offset + 8 + size <= window.sizeBytes;
}
