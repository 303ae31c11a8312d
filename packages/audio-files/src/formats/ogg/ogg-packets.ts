import type { WarningList } from '../../audio-file.ts';
import type { ByteWindow } from '../../source/byte-window.ts';
import { findPage, type OggPage } from './ogg-pages.ts';

/** The packets that end on one page. */
export interface OggPackets {
  readonly packets: readonly Uint8Array[];
  /** Codec's count at the end of the last of them; `undefined` where none ends here. */
  readonly granule: number | undefined;
  readonly isLastPage: boolean;
  /** Whether pages before this one are missing or damaged. */
  readonly gapBefore: boolean;
  readonly page: OggPage;
}

/** No packet of speech or music comes near: a stream that goes on without an end of packet is forged. */
const maxPacketBytes = 16 * 2 ** 20;

/**
 * The packets of the first stream of a file, page by page. Damaged stretches are passed over with a warning; so are
 * further streams.
 */
export async function* oggPackets(window: ByteWindow, warnings: WarningList): AsyncGenerator<OggPackets> {
  let serial: number | undefined;
  let sequence: number | undefined;
  let partial: Uint8Array[] = [];
  let partialBytes = 0;
  let offset = 0;
  let ended = false;
  for (;;) {
    const page = await findPage(window, offset);
    if (page === undefined) {
      if (offset < window.sizeBytes) {
        warnings.add('truncated', `${window.sizeBytes - offset} bytes at the end of the file are not a whole Ogg page`);
      }
      return;
    }
    if (page.offsetBytes > offset) {
      warnings.add(
        'damaged',
        `${page.offsetBytes - offset} bytes from byte ${offset} on are damaged and were left out`,
      );
    }
    offset = page.offsetBytes + page.pageBytes;
    serial ??= page.serial;
    if (page.serial !== serial || ended || (page.isFirst && sequence !== undefined)) {
      warnings.add('bytes-skipped', 'The file holds more than one stream; only the first was read');
      if (ended || page.serial === serial) return;
      continue;
    }
    const isNext = sequence === undefined || page.sequence === sequence + 1;
    if (!isNext || !page.isContinued) {
      partial = [];
      partialBytes = 0;
    }
    // The end of a packet whose start is missing is of no use.
    let isUsable = isNext || !page.isContinued;
    const gapBefore = !isNext;
    sequence = page.sequence;
    const packets: Uint8Array[] = [];
    let start = page.bodyStart;
    let at = start;
    for (const size of page.lacing) {
      at += size;
      if (size === 255) continue;
      const end = page.bytes.slice(start, at);
      if (isUsable) packets.push(partial.length === 0 ? end : joinBytes([...partial, end]));
      isUsable = true;
      partial = [];
      partialBytes = 0;
      start = at;
    }
    if (at > start && isUsable) {
      partialBytes += at - start;
      if (partialBytes <= maxPacketBytes) partial.push(page.bytes.slice(start, at));
    }
    ended = page.isLast;
    yield { packets, granule: page.granule, isLastPage: page.isLast, gapBefore, page };
  }
}

function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
