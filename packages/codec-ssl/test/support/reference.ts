import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSafetensorsHeader } from '@speech-tokens/core';

/** The encoders that the golden folder holds. */
export const goldenEncoders: readonly string[] = [
  'hubert-base',
  'hubert-large',
  'wav2vec2-base',
  'wav2vec2-large',
  'wavlm-base',
  'wavlm-large',
  'data2vec-base',
  'w2v-bert',
  'whisper',
];

/** What PyTorch computed with a checkpoint: `reference.safetensors` of tools/reference/make_ssl.py. */
export interface Reference {
  /** Lengths in samples; each case is the start of one recording. */
  readonly lengths: readonly number[];
  /** Hidden states by length and layer, `[frames, width]`; `undefined` where they were not kept. */
  hidden(length: number, layer: number): Float32Array | undefined;
  units(length: number, layer: number): Int32Array | undefined;
  frameCount(length: number): number;
  /** The last hidden states of two clips that PyTorch computed in one padded batch, by length. */
  readonly batch: ReadonlyMap<number, Float32Array>;
  samples(length: number): Float32Array;
}

export function goldenFolder(name: string): string {
  return fileURLToPath(new URL(`../golden/${name}`, import.meta.url));
}

export function readReference(folder: string): Reference {
  const path = join(folder, 'reference.safetensors');
  const bytes = new Uint8Array(readFileSync(path));
  const { tensors, metadata } = parseSafetensorsHeader(bytes, bytes.length, { path });
  const read = (name: string): ArrayBuffer | undefined => {
    const tensor = tensors.get(name);
    return tensor && bytes.slice(tensor.offsetBytes, tensor.offsetBytes + tensor.sizeBytes).buffer;
  };
  const whole = Float32Array.from(new Int16Array(read('samples')!), (value) => value / 32_768);
  const { cases } = JSON.parse(metadata.get('reference')!) as { cases: Record<string, { frames: number }> };
  const batch = [...tensors.keys()].filter((name) => name.startsWith('batch.'));
  return {
    lengths: Object.keys(cases).map(Number),
    hidden: (length, layer) => floats(read(`${length}.hidden.${layer}`)),
    units: (length, layer) => {
      const found = read(`${length}.units.${layer}`);
      return found && new Int32Array(found);
    },
    frameCount: (length) => cases[length]!.frames,
    batch: new Map(batch.map((name) => [Number(name.split('.')[1]), floats(read(name))!])),
    samples: (length) => whole.slice(0, length),
  };
}

function floats(buffer: ArrayBuffer | undefined): Float32Array | undefined {
  return buffer && new Float32Array(buffer);
}

export function greatestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) throw new Error(`${a.length} values and ${b.length}`);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}
