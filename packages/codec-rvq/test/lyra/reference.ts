import { readFile } from 'node:fs/promises';
import { parseSafetensorsHeader } from '@speech-tokens/core';

/** What the authors' runtime makes of 40 frames: written by make-reference.py beside this file. */
export interface LyraReference {
  readonly samples: Float32Array;
  /** `[frames, 46]` */
  readonly codes: Uint8Array;
  /** Samples that the first 16, and all, codebooks give. */
  readonly audio: { readonly 16: Float32Array; readonly 46: Float32Array };
}

export async function readReference(): Promise<LyraReference> {
  const file = new URL('../golden/lyra-v2/reference.safetensors', import.meta.url);
  const bytes = new Uint8Array(await readFile(file));
  const { tensors } = parseSafetensorsHeader(bytes, bytes.length, { path: file.pathname });
  const data = (name: string): ArrayBuffer => {
    const { offsetBytes, sizeBytes } = tensors.get(name)!;
    return bytes.slice(offsetBytes, offsetBytes + sizeBytes).buffer;
  };
  return {
    samples: new Float32Array(data('samples')),
    codes: new Uint8Array(data('codes')),
    audio: { 16: new Float32Array(data('audio_16')), 46: new Float32Array(data('audio_46')) },
  };
}
