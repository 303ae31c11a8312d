import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSafetensorsHeader, type TokenizerComponent } from '@speech-tokens/core';
import { glmVoice } from '../../src/glm-voice/glm-voice.ts';
import { s3Tokenizers } from '../../src/s3-tokenizer/s3-tokenizers.ts';
import { goldenFolder } from './reference.ts';

/** Supervised tokenizers, each with the folder of a small one. */
export const supervisedTokenizers: readonly (readonly [component: TokenizerComponent, folder: string])[] = [
  glmVoice,
  ...s3Tokenizers,
].map((component) => [component, goldenFolder(component.id.replace('ssl:', ''))]);

/** What PyTorch gave: `reference.safetensors` of tools/reference/make_supervised.py. */
export interface SupervisedReference {
  readonly lengths: readonly number[];
  units(length: number): Uint32Array;
  /** The recording of a length: its start, again and again. */
  samples(length: number): Float32Array;
}

export function readSupervisedReference(folder: string): SupervisedReference {
  const path = join(folder, 'reference.safetensors');
  const bytes = new Uint8Array(readFileSync(path));
  const { tensors, metadata } = parseSafetensorsHeader(bytes, bytes.length, { path });
  const read = (name: string): ArrayBuffer => {
    const { offsetBytes, sizeBytes } = tensors.get(name)!;
    return bytes.slice(offsetBytes, offsetBytes + sizeBytes).buffer;
  };
  const start = Float32Array.from(new Int16Array(read('samples')), (value) => value / 32_768);
  const { cases } = JSON.parse(metadata.get('reference')!) as { cases: Record<string, unknown> };
  return {
    lengths: Object.keys(cases).map(Number),
    units: (length) => Uint32Array.from(new Int32Array(read(`${length}.units`))),
    samples: (length) => Float32Array.from({ length }, (_, i) => start[i % start.length]!),
  };
}
