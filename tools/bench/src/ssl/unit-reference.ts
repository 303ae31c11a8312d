import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSafetensorsHeader } from '@speech-tokens/core';

export interface UnitCase {
  readonly samples: Float32Array;
  /** `[frames, width]` */
  readonly hidden: Float32Array;
  readonly units: Int32Array;
}

/** The cases of `reference.safetensors` that PyTorch gave hidden states and units of this layer for. */
export async function readUnitReference(folder: string, layer: number): Promise<readonly UnitCase[]> {
  const path = join(folder, 'reference.safetensors');
  const bytes = new Uint8Array(await readFile(path));
  const { tensors } = parseSafetensorsHeader(bytes, bytes.length, { path });
  const read = (name: string): ArrayBuffer => {
    const { offsetBytes, sizeBytes } = tensors.get(name)!;
    return bytes.slice(offsetBytes, offsetBytes + sizeBytes).buffer;
  };
  const whole = Float32Array.from(new Int16Array(read('samples')), (value) => value / 32_768);
  return [...tensors.keys()]
    .map((name) => name.match(new RegExp(`^(\\d+)\\.units\\.${layer}$`))?.[1])
    .filter((length) => length !== undefined && tensors.has(`${length}.hidden.${layer}`))
    .map((length) => ({
      samples: whole.slice(0, Number(length)),
      hidden: new Float32Array(read(`${length}.hidden.${layer}`)),
      units: new Int32Array(read(`${length}.units.${layer}`)),
    }));
}
