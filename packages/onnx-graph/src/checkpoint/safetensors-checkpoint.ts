import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  parseSafetensorsHeader,
  type SafetensorsDtype,
  SpeechTokensError,
  safetensorsHeaderSizeBytes,
} from '@speech-tokens/core';
import type { ElementType } from '../graph/element-type.ts';
import type { Checkpoint, CheckpointTensor } from './checkpoint.ts';

const elementTypes: Partial<Record<SafetensorsDtype, ElementType>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I8: 'int8',
  U8: 'uint8',
  I16: 'int16',
  U16: 'uint16',
  I32: 'int32',
  I64: 'int64',
  BOOL: 'bool',
};

/**
 * Opens a `.safetensors` file as a checkpoint: only its header is read. Tensors of types that graphs do not know are
 * left out.
 * @throws SpeechTokensError `checkpoint-invalid` when it is no safetensors file or a damaged one, `file-read`
 */
export async function openSafetensorsCheckpoint(path: string): Promise<Checkpoint> {
  const { prefix, sizeBytes } = await readHeader(path);
  const header = parseSafetensorsHeader(prefix, sizeBytes, { path });
  const tensors = new Map<string, CheckpointTensor>();
  for (const [name, { dtype, shape, offsetBytes, sizeBytes: tensorBytes }] of header.tensors) {
    const elementType = elementTypes[dtype];
    if (elementType !== undefined) tensors.set(name, { elementType, shape, path, offsetBytes, sizeBytes: tensorBytes });
  }
  return { directory: dirname(path), path, tensors };
}

async function readHeader(path: string): Promise<{ prefix: Uint8Array; sizeBytes: number }> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const start = new Uint8Array(Math.min(8, size));
    await file.read(start, 0, start.length, 0);
    const prefix = new Uint8Array(safetensorsHeaderSizeBytes(start, size, { path }));
    await file.read(prefix, 0, prefix.length, 0);
    return { prefix, sizeBytes: size };
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    throw new SpeechTokensError('file-read', {
      problem: `The checkpoint ${path} cannot be read`,
      found: cause.message,
      remedy: 'Check that the file exists and may be read',
      details: { path },
      cause,
    });
  }
}
