import { open } from 'node:fs/promises';
import type { CallOptions } from '@speech-tokens/core';
import type { Checkpoint, CheckpointTensor } from '../checkpoint/checkpoint.ts';
import { type BlockMatrix, blockValues, quantizeBlocks, type WeightBits } from './block-quantize.ts';
import { widenFloats } from './widen-floats.ts';

export interface QuantizeOptions extends CallOptions {
  readonly bits: WeightBits;
  /** Which matrices `[out, in]` of the checkpoint; those whose rows are no whole blocks of 32 stay as they are. */
  readonly isWanted: (name: string, shape: readonly number[]) => boolean;
}

/** Read at once. */
const stretchBytes = 1 << 23;

/** Quantizes matrices of a checkpoint, reading each once, a stretch of rows at a time. */
export async function quantizeMatrices(
  checkpoint: Checkpoint,
  { bits, isWanted, signal, onProgress }: QuantizeOptions,
): Promise<ReadonlyMap<string, BlockMatrix>> {
  const wanted = [...checkpoint.tensors].filter(
    ([name, { shape }]) => shape.length === 2 && shape[1]! % blockValues === 0 && isWanted(name, shape),
  );
  const total = wanted.reduce((sum, [, { sizeBytes }]) => sum + sizeBytes, 0);
  let done = 0;
  const found = new Map<string, BlockMatrix>();
  for (const [name, tensor] of wanted) {
    found.set(
      name,
      await quantizeTensor(name, tensor, bits, (bytes) => {
        signal?.throwIfAborted();
        done += bytes;
        onProgress?.({ stage: `Quantizing to ${bits} bits`, done, total, unit: 'bytes' });
      }),
    );
  }
  return found;
}

async function quantizeTensor(
  name: string,
  { path, offsetBytes, sizeBytes, shape, elementType }: CheckpointTensor,
  bits: WeightBits,
  onBytes: (count: number) => void,
): Promise<BlockMatrix> {
  const [out, width] = shape as readonly [number, number];
  const matrix: BlockMatrix = {
    name,
    bits,
    values: new Uint8Array((out * width * bits) / 8),
    scales: new Float32Array((out * width) / blockValues),
  };
  const rowBytes = sizeBytes / out;
  const rowsAtOnce = Math.max(1, Math.floor(stretchBytes / rowBytes));
  await using file = await open(path);
  const buffer = new Uint8Array(rowsAtOnce * rowBytes);
  for (let row = 0; row < out; row += rowsAtOnce) {
    const bytes = buffer.subarray(0, Math.min(rowsAtOnce, out - row) * rowBytes);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, offsetBytes + row * rowBytes);
    if (bytesRead < bytes.length) throw new RangeError(`${path} ends within a tensor`);
    quantizeBlocks(widenFloats(bytes, elementType), matrix, (row * width) / blockValues);
    onBytes(bytes.length);
  }
  return matrix;
}
