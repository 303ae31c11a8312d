import type { CheckpointTensor } from '../checkpoint/checkpoint.ts';
import { quoted } from '../checkpoint/checkpoint-fault.ts';
import type { ElementType } from '../graph/element-type.ts';
import type { FlatbufferFail, FlatTable } from './flatbuffer-table.ts';
import { type TfliteElementType, tfliteElementTypes } from './tflite-codes.ts';
import type { TfliteQuantization, TfliteTensor } from './tflite-model.ts';

/** What a tensor is read with: the file and its buffers, to which tensors point. */
export interface TensorSurroundings {
  readonly path: string;
  readonly fileBytes: number;
  readonly buffers: readonly FlatTable[];
  readonly fail: FlatbufferFail;
}

const maximumDimensions = 8;

const widthBytes: Readonly<Record<ElementType, number>> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  float64: 8,
  bfloat16: 2,
};

/** A tensor without its key, which depends on all the others. */
export function readTensor(table: FlatTable, surroundings: TensorSurroundings): TfliteTensor {
  const { fail } = surroundings;
  const name = table.text(3);
  const shape = table.int32s(0);
  if (shape.length > maximumDimensions || shape.some((size) => size < -1)) {
    fail(
      `the tensor ${quoted(name)} of shape [${shape.slice(0, 16).join(', ')}]`,
      `at most ${maximumDimensions} lengths`,
    );
  }
  const elementType = tfliteElementTypes[table.int8(1)] ?? 'other';
  const quantization = readQuantization(table.table(4), name, shape, fail);
  // Values that are stored sparsely are no array.
  const isDense = table.table(6) === undefined;
  const constant = isDense ? locate(table.uint32(2), { name, elementType, shape }, surroundings) : undefined;
  return {
    name,
    key: name,
    elementType,
    shape,
    ...(quantization === undefined ? {} : { quantization }),
    ...(constant === undefined ? {} : { constant }),
  };
}

function readQuantization(
  table: FlatTable | undefined,
  name: string,
  shape: readonly number[],
  fail: FlatbufferFail,
): TfliteQuantization | undefined {
  const scales = table?.float32s(2) ?? [];
  if (table === undefined || scales.length === 0) return undefined;
  const stored = table.int64s(3);
  const zeroPoints = stored.length === 0 ? scales.map(() => 0) : stored;
  const axis = table.int32(6);
  const isWhole = scales.length === 1 || scales.length === shape[axis];
  const isSound =
    scales.every((scale) => Number.isFinite(scale) && scale > 0) && zeroPoints.every(Number.isSafeInteger);
  if (!isWhole || !isSound || zeroPoints.length !== scales.length) {
    fail(
      `the tensor ${quoted(name)} with ${scales.length} scales and ${zeroPoints.length} zero points`,
      `positive scales, one or as many as the length of axis ${axis}, and a zero point for each`,
    );
  }
  return { scales, zeroPoints, axis };
}

/**
 * Where the values of a tensor lie. Buffer 0 and empty buffers mean that there are none. Files of more than 2 GB keep
 * their values behind the flatbuffer, at an offset from the start of the file.
 */
function locate(
  bufferIndex: number,
  tensor: { readonly name: string; readonly elementType: TfliteElementType; readonly shape: readonly number[] },
  { path, fileBytes, buffers, fail }: TensorSurroundings,
): CheckpointTensor | undefined {
  const { name, elementType, shape } = tensor;
  const buffer = buffers[bufferIndex];
  if (buffer === undefined) return fail(`buffer ${bufferIndex} for ${quoted(name)}`, `one of ${buffers.length}`);
  const inside = buffer.bytes(0);
  const { offsetBytes, sizeBytes } =
    inside.sizeBytes > 0 ? inside : { offsetBytes: buffer.uint64(1), sizeBytes: buffer.uint64(2) };
  if (sizeBytes === 0) return undefined;
  if (!(offsetBytes + sizeBytes <= fileBytes)) {
    fail(`values of ${quoted(name)} up to byte ${offsetBytes + sizeBytes} of ${fileBytes}`, 'values inside the file');
  }
  if (elementType === 'resource' || elementType === 'other') return undefined;
  const wanted = shape.reduce((product, size) => product * size, widthBytes[elementType]);
  if (wanted !== sizeBytes) {
    fail(`${sizeBytes} bytes of values for ${quoted(name)}`, `${elementType} [${shape.join(', ')}]`);
  }
  return { elementType, shape, path, offsetBytes, sizeBytes };
}
