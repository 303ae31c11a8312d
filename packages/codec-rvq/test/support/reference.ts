import { readFileSync } from 'node:fs';
import { parseSafetensorsHeader } from '@speech-tokens/core';

/** What PyTorch computes with a checkpoint: `reference.safetensors` of tools/reference. */
export interface Reference {
  readonly names: readonly string[];
  readonly info: { readonly sampleRateHz: number; readonly hopSamples: number; readonly codebookCounts: number[] };
  /** The names before `.samples`. */
  readonly cases: readonly string[];
  floats(name: string): Float32Array;
  integers(name: string): Int32Array;
  shape(name: string): readonly number[];
}

export function readReference(directory: URL | string): Reference {
  const url =
    typeof directory === 'string' ? `${directory}/reference.safetensors` : new URL('reference.safetensors', directory);
  const bytes = new Uint8Array(readFileSync(url));
  const { tensors, metadata } = parseSafetensorsHeader(bytes, bytes.length, { path: 'reference.safetensors' });
  const data = (name: string): ArrayBuffer => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new Error(`reference.safetensors holds no ${name}`);
    return bytes.slice(tensor.offsetBytes, tensor.offsetBytes + tensor.sizeBytes).buffer;
  };
  const names = [...tensors.keys()];
  return {
    names,
    info: JSON.parse(metadata.get('reference')!),
    cases: names.filter((name) => name.endsWith('.samples')).map((name) => name.slice(0, -'.samples'.length)),
    floats: (name) => new Float32Array(data(name)),
    integers: (name) => new Int32Array(data(name)),
    shape: (name) => tensors.get(name)!.shape,
  };
}

export function snrDb(wanted: Float32Array, found: Float32Array): number {
  let [signal, noise] = [0, 0];
  for (const [i, value] of wanted.entries()) {
    signal += value ** 2;
    noise += (value - found[i]!) ** 2;
  }
  return noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
}
