/** Bytes that can be read at any place: a file, a block of memory, or what a host gives access to. */
export interface ByteSource {
  /** For messages: a path or a few words. */
  readonly name?: string;
  readonly sizeBytes: number;
  /**
   * Bytes from `offsetBytes` on. Gives fewer than `lengthBytes` only at the end of the source. Calls may overlap.
   * The caller does not change the result, and may keep it.
   */
  read(offsetBytes: number, lengthBytes: number, signal?: AbortSignal): Promise<Uint8Array>;
  close?(): Promise<void>;
}

/** Bytes in memory. */
export function memorySource(bytes: Uint8Array, name = 'audio in memory'): ByteSource {
  return {
    name,
    sizeBytes: bytes.length,
    read: (offsetBytes, lengthBytes) => Promise.resolve(bytes.subarray(offsetBytes, offsetBytes + lengthBytes)),
  };
}

/** A `Blob` or a `File` of a browser, read by slices. */
export function blobSource(blob: Blob): ByteSource {
  const name = (blob as { readonly name?: unknown }).name;
  return {
    name: typeof name === 'string' ? name : 'audio in memory',
    sizeBytes: blob.size,
    read: async (offsetBytes, lengthBytes) =>
      new Uint8Array(await blob.slice(offsetBytes, offsetBytes + lengthBytes).arrayBuffer()),
  };
}

/** A source without its first bytes. Closing stays with the whole. */
export function sourceFrom(source: ByteSource, startBytes: number): ByteSource {
  return {
    ...(source.name === undefined ? {} : { name: source.name }),
    sizeBytes: source.sizeBytes - startBytes,
    read: (offsetBytes, lengthBytes, signal) => source.read(startBytes + offsetBytes, lengthBytes, signal),
  };
}
