import type { ByteSink } from '../../src/bytes/byte-source.ts';

/** A sink that keeps copies of what is written, as a sink that writes to disk in the end would. */
export function memorySink(): ByteSink & { bytes(): Uint8Array; readonly writeCount: number } {
  const pieces: Uint8Array[] = [];
  return {
    async write(bytes) {
      pieces.push(bytes.slice());
    },
    bytes() {
      const all = new Uint8Array(pieces.reduce((total, piece) => total + piece.byteLength, 0));
      let offset = 0;
      for (const piece of pieces) {
        all.set(piece, offset);
        offset += piece.byteLength;
      }
      return all;
    },
    get writeCount() {
      return pieces.length;
    },
  };
}
