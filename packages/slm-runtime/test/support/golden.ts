import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSafetensorsHeader } from '@speech-tokens/core';

/** A tiny checkpoint of tools/reference/make_language_models.py. */
export function goldenFolder(name: string): string {
  return fileURLToPath(new URL(`../golden/${name}`, import.meta.url));
}

export interface Golden {
  float32s(name: string): Float32Array;
  int32s(name: string): Int32Array;
}

/** What PyTorch computes with it: `reference.safetensors`. */
export function readGolden(name: string): Golden {
  const bytes = readFileSync(`${goldenFolder(name)}/reference.safetensors`);
  const { tensors } = parseSafetensorsHeader(bytes, bytes.length, { path: 'reference.safetensors' });
  const buffer = (tensorName: string): ArrayBuffer => {
    const tensor = tensors.get(tensorName);
    if (tensor === undefined) throw new Error(`reference.safetensors of ${name} holds no ${tensorName}`);
    return Uint8Array.from(bytes.subarray(tensor.offsetBytes, tensor.offsetBytes + tensor.sizeBytes)).buffer;
  };
  return {
    float32s: (tensorName) => new Float32Array(buffer(tensorName)),
    int32s: (tensorName) => new Int32Array(buffer(tensorName)),
  };
}
