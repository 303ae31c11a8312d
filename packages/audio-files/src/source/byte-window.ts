import type { ByteSource } from '@speech-tokens/core';
import { readExactly } from './read-exactly.ts';

/**
 * A window that moves over a source: small reads are served from a block in memory, so that parsers may ask for a few
 * bytes at a time.
 */
export interface ByteWindow {
  readonly name: string;
  readonly sizeBytes: number;
  /** Bytes at a place; fewer than wanted only where the source ends. Not to be changed by the caller. */
  peek(offsetBytes: number, lengthBytes: number): Promise<Uint8Array>;
}

const defaultBlockBytes = 65_536;

export function createByteWindow(
  source: ByteSource,
  signal?: AbortSignal,
  blockBytes: number = defaultBlockBytes,
): ByteWindow {
  let block: Uint8Array = new Uint8Array(0);
  let blockStart = 0;
  return {
    name: source.name,
    sizeBytes: source.sizeBytes,
    async peek(offsetBytes, lengthBytes) {
      signal?.throwIfAborted();
      const wanted = Math.max(0, Math.min(lengthBytes, source.sizeBytes - offsetBytes));
      if (wanted === 0) return new Uint8Array(0);
      if (offsetBytes < blockStart || offsetBytes + wanted > blockStart + block.length) {
        const length = Math.min(Math.max(wanted, blockBytes), source.sizeBytes - offsetBytes);
        block = await readExactly(source, offsetBytes, length, signal);
        blockStart = offsetBytes;
      }
      const start = offsetBytes - blockStart;
      return block.subarray(start, start + wanted);
    },
  };
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Bytes as Latin-1 text: for chunk ids. */
export function asciiOf(bytes: Uint8Array, start = 0, length: number = bytes.length - start): string {
  return String.fromCharCode(...bytes.subarray(start, start + length));
}
