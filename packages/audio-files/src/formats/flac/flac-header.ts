import type { WarningList } from '../../audio-file.ts';
import { checkHeaderFormat, decodeError } from '../../errors.ts';
import { type ByteWindow, viewOf } from '../../source/byte-window.ts';
import { type FlacStreamInfo, parseStreamInfo, streamInfoBytes } from './stream-info.ts';

/** A place where a frame starts, by the file's own table. */
export interface SeekPoint {
  readonly sample: number;
  /** From the first frame. */
  readonly offsetBytes: number;
}

export interface FlacHeader {
  readonly info: FlacStreamInfo;
  readonly seekPoints: readonly SeekPoint[];
  readonly firstFrameOffsetBytes: number;
}

const maxBlockCount = 10_000;
const maxSeekPointCount = 100_000;

/**
 * Reads the metadata blocks of a FLAC file.
 * @throws SpeechTokensError `audio-decode` when there is no usable STREAMINFO
 */
export async function readFlacHeader(window: ByteWindow, warnings: WarningList): Promise<FlacHeader> {
  let info: FlacStreamInfo | undefined;
  let seekPoints: SeekPoint[] = [];
  let offset = 4;
  for (let count = 0; count < maxBlockCount; count++) {
    const header = await window.peek(offset, 4);
    if (header.length < 4) break;
    const type = header[0]! & 0x7f;
    const size = viewOf(header).getUint32(0, false) & 0xff_ffff;
    const body = offset + 4;
    if (type === 0 && info === undefined) {
      const bytes = await window.peek(body, streamInfoBytes);
      if (size < streamInfoBytes || bytes.length < streamInfoBytes) break;
      info = checkedStreamInfo(bytes, window.name);
    } else if (type === 3) {
      seekPoints = parseSeekTable(await window.peek(body, Math.min(size, 18 * maxSeekPointCount)));
    }
    offset = body + size;
    if (header[0]! & 0x80 || offset > window.sizeBytes) {
      if (offset > window.sizeBytes) warnings.add('truncated', 'The file ends within its header');
      break;
    }
  }
  if (info === undefined) {
    throw decodeError({
      problem: 'The FLAC file has no stream information',
      found: `${window.sizeBytes} bytes`,
      wanted: 'a STREAMINFO block of 34 bytes',
      name: window.name,
      format: 'flac',
    });
  }
  return { info, seekPoints, firstFrameOffsetBytes: offset };
}

/** @throws SpeechTokensError `audio-decode` when rate, channels or word size cannot be */
export function checkedStreamInfo(bytes: Uint8Array, name: string): FlacStreamInfo {
  const info = parseStreamInfo(bytes);
  checkHeaderFormat(info, name, 'flac');
  if (info.bitsPerSample < 4) {
    throw decodeError({
      problem: 'The FLAC header gives an impossible word size',
      found: `${info.bitsPerSample} bits`,
      wanted: '4 to 32 bits',
      name,
      format: 'flac',
    });
  }
  return info;
}

function parseSeekTable(bytes: Uint8Array): SeekPoint[] {
  const view = viewOf(bytes);
  const points: SeekPoint[] = [];
  for (let at = 0; at + 18 <= bytes.length; at += 18) {
    const sample = Number(view.getBigUint64(at, false));
    const offsetBytes = Number(view.getBigUint64(at + 8, false));
    // All ones: a place holder without a meaning.
    if (Number.isSafeInteger(sample) && Number.isSafeInteger(offsetBytes)) points.push({ sample, offsetBytes });
  }
  return points.sort((a, b) => a.sample - b.sample);
}
