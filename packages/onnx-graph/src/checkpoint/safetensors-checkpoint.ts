import { dirname } from 'node:path';
import { readSafetensorsHeader, type SafetensorsDtype } from '@speech-tokens/core';
import { openFileSource } from '@speech-tokens/core/node/files';
import type { ElementType } from '../graph/element-type.ts';
import type { Checkpoint, CheckpointTensor } from './checkpoint.ts';
import { realFile } from './real-location.ts';

const elementTypes: Partial<Record<SafetensorsDtype, ElementType>> = {
  F64: 'float64',
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
 * `unusable`.
 * @throws SpeechTokensError `checkpoint-invalid` when it is no safetensors file or a damaged one, `file-read`
 */
export async function openSafetensorsCheckpoint(path: string): Promise<Checkpoint> {
  const file = await realFile(path);
  await using source = await openFileSource(path);
  const header = await readSafetensorsHeader(source, { path });
  const tensors = new Map<string, CheckpointTensor>();
  const unusable = new Map<string, string>();
  for (const [name, { dtype, shape, offsetBytes, sizeBytes }] of header.tensors) {
    const elementType = elementTypes[dtype];
    if (elementType === undefined) unusable.set(name, `values of type ${dtype}`);
    else tensors.set(name, { elementType, shape, path: file, offsetBytes, sizeBytes });
  }
  return { directory: dirname(file), path, tensors, unusable, values: header.metadata };
}
