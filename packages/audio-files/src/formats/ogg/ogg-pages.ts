import type { ByteWindow } from '../../source/byte-window.ts';
import { asciiOf, viewOf } from '../../source/byte-window.ts';

/** One page of an Ogg stream (RFC 3533). */
export interface OggPage {
  readonly offsetBytes: number;
  readonly pageBytes: number;
  readonly serial: number;
  readonly sequence: number;
  readonly isContinued: boolean;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** Codec's count at the end of the last packet that ends here; `undefined` where none does. */
  readonly granule: number | undefined;
  /** Sizes of segments; a packet ends behind the first one below 255. */
  readonly lacing: Uint8Array;
  /** The whole page, and where its body starts. */
  readonly bytes: Uint8Array;
  readonly bodyStart: number;
}

const maxPageBytes = 27 + 255 + 255 * 255;
const searchBytes = 65_536;

const crcTable: Uint32Array = /* @__PURE__ */ Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});

function crcOf(page: Uint8Array): number {
  let crc = 0;
  for (let i = 0; i < page.length; i++) {
    // The check sum counts as zeros in its own sum.
    const byte = i >= 22 && i < 26 ? 0 : page[i]!;
    crc = (crc << 8) ^ crcTable[((crc >>> 24) ^ byte) & 0xff]!;
  }
  return crc >>> 0;
}

/** The page at a place, if a whole one with the right check sum stands there. */
async function pageAt(window: ByteWindow, offsetBytes: number): Promise<OggPage | undefined> {
  const head = await window.peek(offsetBytes, 27 + 255);
  if (head.length < 27 || asciiOf(head, 0, 4) !== 'OggS' || head[4] !== 0) return undefined;
  const bodyStart = 27 + head[26]!;
  if (head.length < bodyStart) return undefined;
  const lacing = head.slice(27, bodyStart);
  const pageBytes = bodyStart + lacing.reduce((sum, size) => sum + size, 0);
  const bytes = await window.peek(offsetBytes, pageBytes);
  if (bytes.length < pageBytes) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(22, true) !== crcOf(bytes)) return undefined;
  const granule = view.getBigInt64(6, true);
  return {
    offsetBytes,
    pageBytes,
    serial: view.getUint32(14, true),
    sequence: view.getUint32(18, true),
    isContinued: (bytes[5]! & 1) !== 0,
    isFirst: (bytes[5]! & 2) !== 0,
    isLast: (bytes[5]! & 4) !== 0,
    granule: granule === -1n ? undefined : Number(granule),
    lacing,
    bytes,
    bodyStart,
  };
}

/** The first whole page at or behind a place. */
export async function findPage(window: ByteWindow, startBytes: number): Promise<OggPage | undefined> {
  for (let blockStart = startBytes; blockStart < window.sizeBytes; blockStart += searchBytes) {
    const block = await window.peek(blockStart, searchBytes);
    for (let at = block.indexOf(0x4f); at !== -1; at = block.indexOf(0x4f, at + 1)) {
      const page = await pageAt(window, blockStart + at);
      if (page !== undefined) return page;
    }
  }
  return undefined;
}

/** What the end of a file tells about its first stream. */
export interface OggTail {
  /** `undefined` where no page of the stream lies near the end. */
  readonly granule: number | undefined;
  /** Whether the page that ends the stream is there. */
  readonly isComplete: boolean;
  readonly hasOtherStreams: boolean;
}

/** Looks at the end of a file for the last page of one stream. */
export async function readTail(window: ByteWindow, serial: number): Promise<OggTail> {
  let offset = Math.max(0, window.sizeBytes - 2 * maxPageBytes);
  let granule: number | undefined;
  let isComplete = false;
  let hasOtherStreams = false;
  for (;;) {
    const page = await findPage(window, offset);
    if (page === undefined) return { granule, isComplete, hasOtherStreams };
    // A stream that starts here is another one, even under the same number.
    const startsAnother = page.isFirst && page.offsetBytes > 0;
    if (startsAnother && page.serial === serial) return { granule, isComplete, hasOtherStreams: true };
    if (page.serial === serial) {
      granule = page.granule ?? granule;
      isComplete ||= page.isLast;
    } else {
      hasOtherStreams = true;
    }
    offset = page.offsetBytes + page.pageBytes;
  }
}
