import type { ByteSource } from '@speech-tokens/core';

/** A source without its first bytes. Closing stays with the whole. */
export function sourceFrom(source: ByteSource, startBytes: number): ByteSource {
  return {
    name: source.name,
    sizeBytes: source.sizeBytes - startBytes,
    read: (offsetBytes, lengthBytes, options) => source.read(startBytes + offsetBytes, lengthBytes, options),
  };
}
