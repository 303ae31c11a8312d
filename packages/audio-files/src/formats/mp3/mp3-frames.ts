import { breathe } from '../../abort.ts';
import type { WarningList } from '../../audio-file.ts';
import type { ByteWindow } from '../../source/byte-window.ts';
import { findMpegHeader, type MpegHeader, parseMpegHeader } from './mpeg-header.ts';

/** Frames that follow each other without a gap. */
export interface FrameRun {
  readonly bytes: Uint8Array;
  readonly frameCount: number;
}

const runBytes = 16_384;
const searchBytes = 65_536;

/** The frames of one kind from a place on, several at a time; what lies between them is passed over. */
export async function* frameRuns(
  window: ByteWindow,
  startBytes: number,
  kind: MpegHeader,
  warnings: WarningList,
  signal: AbortSignal | undefined,
): AsyncGenerator<FrameRun> {
  let offset = startBytes;
  while (offset + 4 <= window.sizeBytes) {
    const bytes = await window.peek(offset, runBytes);
    let end = 0;
    let frameCount = 0;
    for (;;) {
      const header = parseMpegHeader(bytes, end);
      if (header?.frameBytes === undefined || !isSameKind(header, kind) || end + header.frameBytes > bytes.length)
        break;
      end += header.frameBytes;
      frameCount++;
    }
    if (frameCount > 0) {
      yield { bytes: bytes.subarray(0, end), frameCount };
      offset += end;
      continue;
    }
    const next = await findNext(window, offset, kind, signal);
    if (next === undefined) {
      if (!isTrailer(bytes)) {
        warnings.add('bytes-skipped', `${window.sizeBytes - offset} bytes at the end of the file are not whole frames`);
      }
      return;
    }
    warnings.add('bytes-skipped', `${next - offset} bytes from byte ${offset} on are not frames`);
    offset = next;
  }
}

function isSameKind(header: MpegHeader, kind: MpegHeader): boolean {
  return header.version === kind.version && header.layer === kind.layer && header.sampleRateHz === kind.sampleRateHz;
}

async function findNext(
  window: ByteWindow,
  startBytes: number,
  kind: MpegHeader,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  // Blocks overlap by the longest frame, so that a pair of headers is never cut apart.
  for (let at = startBytes + 1; at < window.sizeBytes; at += searchBytes - 4096) {
    const block = await window.peek(at, searchBytes);
    for (let from = 0; ; ) {
      const found = findMpegHeader(block.subarray(from));
      if (found === undefined) break;
      if (isSameKind(found.header, kind)) return at + from + found.offset;
      from += found.offset + 1;
      await breathe(signal);
    }
  }
  return undefined;
}

/** ID3v1, APE and Lyrics3 tags stand behind the audio; so does padding. */
function isTrailer(bytes: Uint8Array): boolean {
  const text = String.fromCharCode(...bytes.subarray(0, 8));
  return (
    text.startsWith('TAG') || text.startsWith('APETAGEX') || text.startsWith('LYRICS') || bytes.every((b) => b === 0)
  );
}
