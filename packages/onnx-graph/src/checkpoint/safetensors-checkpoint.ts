import { dirname } from 'node:path';
import { readSafetensorsHeader, type SafetensorsDtype } from '@speech-tokens/core';
import { openFileSource } from '@speech-tokens/core/node/files';
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
  await using source = await openFileSource(path);
  const header = await readSafetensorsHeader(source, { path });
  const tensors = new Map<string, CheckpointTensor>();
  for (const [name, { dtype, shape, offsetBytes, sizeBytes: tensorBytes }] of header.tensors) {
    const elementType = elementTypes[dtype];
    if (elementType !== undefined) tensors.set(name, { elementType, shape, path, offsetBytes, sizeBytes: tensorBytes });
  }
  return { directory: dirname(path), path, tensors };
}
