import type { CallOptions } from '../contract/call-options.ts';

/** Bytes that can be read from anywhere in them: a file, a `Blob`, an array in memory. */
export interface ByteSource {
  /** For messages: a path, an address or a few words. */
  readonly name: string;
  readonly sizeBytes: number;
  /**
   * Exactly `lengthBytes` bytes from `offsetBytes`; both within the source. Calls may overlap.
   * The caller may keep the result but must not write to it: it may be a view of the source.
   */
  read(offsetBytes: number, lengthBytes: number, options?: Pick<CallOptions, 'signal'>): Promise<Uint8Array>;
}

/** Where bytes are written, from first to last. */
export interface ByteSink {
  /** Appends bytes. The sink neither keeps nor changes the array once the promise has settled. */
  write(bytes: Uint8Array): Promise<void>;
}

/** A source over bytes in memory. Reads are views, not copies. */
export function bytesSource(bytes: Uint8Array, name = 'bytes in memory'): ByteSource {
  return {
    name,
    sizeBytes: bytes.byteLength,
    async read(offsetBytes, lengthBytes, options) {
      options?.signal?.throwIfAborted();
      const endBytes = offsetBytes + lengthBytes;
      if (!(offsetBytes >= 0 && lengthBytes >= 0 && endBytes <= bytes.byteLength)) {
        throw new RangeError(`bytes ${offsetBytes} to ${endBytes} of ${name}, which has ${bytes.byteLength}`);
      }
      return bytes.subarray(offsetBytes, endBytes);
    },
  };
}
