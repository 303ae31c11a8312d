import type { ByteWindow } from '../source/byte-window.ts';

/** Bytes of the ID3v2 tags at the start of a source; taggers put them before MP3, and also before FLAC. */
export async function skipId3(window: ByteWindow): Promise<number> {
  let offset = 0;
  for (;;) {
    const size = id3TagBytes(await window.peek(offset, 10));
    if (size === 0 || offset + size > window.sizeBytes) return offset;
    offset += size;
  }
}

/** Size of the ID3v2 tag that starts here, or 0 where none does (id3.org, ID3v2.4 structure, section 3.1). */
function id3TagBytes(head: Uint8Array): number {
  if (head.length < 10 || head[0] !== 0x49 || head[1] !== 0x44 || head[2] !== 0x33) return 0;
  const sizeBytes = head.subarray(6, 10);
  if (sizeBytes.some((byte) => byte >= 0x80)) return 0;
  const body = sizeBytes.reduce((size, byte) => size * 128 + byte, 0);
  const footer = head[5]! & 0x10 ? 10 : 0;
  return 10 + body + footer;
}
