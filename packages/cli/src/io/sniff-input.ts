import type { ByteSource } from '@speech-tokens/core';
import type { TokenFormat } from './token-output.ts';

/** What some bytes hold, by how they begin. Whatever is none of the token formats is left to the audio decoders. */
export type InputKind = TokenFormat | 'audio';

export async function sniffInput(source: ByteSource, signal: AbortSignal): Promise<InputKind> {
  const head = await source.read(0, Math.min(64, source.sizeBytes), { signal });
  if (head[0] === 0x93 && latin1(head.subarray(1, 6)) === 'NUMPY') return 'npy';
  if (latin1(head.subarray(0, 4)) === 'ECDC') return 'ecdc';
  // Length of the header (64 bits, little-endian), then a JSON object.
  if (head.length >= 9 && head[8] === 0x7b && head[6] === 0 && head[7] === 0) return 'safetensors';
  if (/^(\u00ef\u00bb\u00bf)?\s*\{/.test(latin1(head))) return 'json';
  return 'audio';
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes);
}
