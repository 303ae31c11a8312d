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
  /** Lets go of what the source holds, such as an open file. May be called more than once; no reads after it. */
  close?(): Promise<void>;
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
      checkByteRange({ name, sizeBytes: bytes.byteLength }, offsetBytes, lengthBytes);
      return bytes.subarray(offsetBytes, offsetBytes + lengthBytes);
    },
  };
}

/** @throws RangeError for a read that goes beyond the source: a mistake of the caller, whatever the source */
export function checkByteRange(
  { name, sizeBytes }: Pick<ByteSource, 'name' | 'sizeBytes'>,
  offsetBytes: number,
  lengthBytes: number,
): void {
  const endBytes = offsetBytes + lengthBytes;
  if (!(offsetBytes >= 0 && lengthBytes >= 0 && endBytes <= sizeBytes)) {
    throw new RangeError(`bytes ${offsetBytes} to ${endBytes} of ${name}, which has ${sizeBytes}`);
  }
}
