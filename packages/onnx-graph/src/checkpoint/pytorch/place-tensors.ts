import type { CheckpointTensor } from '../checkpoint.ts';
import { checkpointError } from '../checkpoint-fault.ts';
import type { TorchStorage, TorchTensor } from './pickle-value.ts';

/** Where a storage lies in the file. */
export interface StoragePlace {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

export interface PlacedTensors {
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  readonly unusable: ReadonlyMap<string, string>;
}

/**
 * Works out where the numbers of each tensor lie. Tensors may share numbers (tied weights); none may reach beyond its
 * storage. One whose numbers do not lie in a row (a transposed view, an expanded one) or have a type that graphs do not
 * know is `unusable`.
 * @param file the path that the tensors are given
 * @throws SpeechTokensError `checkpoint-invalid`, with the tensor
 */
export function placeTensors(
  flat: ReadonlyMap<string, TorchTensor>,
  placeOf: (storage: TorchStorage) => StoragePlace,
  path: string,
  file: string,
): PlacedTensors {
  const tensors = new Map<string, CheckpointTensor>();
  const unusable = new Map<string, string>();
  for (const [name, tensor] of flat) {
    const { storage, dtype, shape } = tensor;
    const place = placeOf(storage);
    const { sizeBytes: tensorBytes, extentBytes } = extentOf(tensor);
    const startBytes = tensor.startElement * dtype.sizeBytes;
    const storedBytes = Math.min(storage.sizeBytes, place.sizeBytes - storage.startBytes);
    if (storage.startBytes + storage.sizeBytes > place.sizeBytes || !(startBytes + extentBytes <= storedBytes)) {
      throw checkpointError(path, {
        problem: `The tensor ${JSON.stringify(name)} reaches beyond its storage ${JSON.stringify(storage.key)}`,
        found: `${dtype.name} [${shape.join(', ')}] from byte ${startBytes}, and ${storedBytes} bytes stored`,
        wanted: `${startBytes + extentBytes} bytes, of a storage of ${storage.sizeBytes}`,
        tensor: name,
      });
    }
    if (dtype.elementType === undefined) unusable.set(name, `values of type ${dtype.name}`);
    else if (extentBytes !== tensorBytes || !isRowMajor(tensor)) unusable.set(name, describeView(tensor));
    else {
      const offsetBytes = place.offsetBytes + storage.startBytes + startBytes;
      tensors.set(name, { elementType: dtype.elementType, shape, path: file, offsetBytes, sizeBytes: tensorBytes });
    }
  }
  return { tensors, unusable };
}

/** Bytes of the elements, and bytes from the first element to the end of the last; infinite where above 2^53. */
function extentOf({ dtype, shape, strides }: TorchTensor): { sizeBytes: number; extentBytes: number } {
  if (shape.includes(0)) return { sizeBytes: 0, extentBytes: 0 };
  let elements = 1;
  let last = 0;
  for (const [axis, length] of shape.entries()) {
    elements *= length;
    last += (length - 1) * strides[axis]!;
  }
  const safe = (bytes: number): number => (Number.isSafeInteger(bytes) ? bytes : Number.POSITIVE_INFINITY);
  return { sizeBytes: safe(elements * dtype.sizeBytes), extentBytes: safe((last + 1) * dtype.sizeBytes) };
}

/** Axes of length 1 have any stride; so has every axis of an empty tensor. */
function isRowMajor({ shape, strides }: TorchTensor): boolean {
  if (shape.includes(0)) return true;
  let wanted = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== wanted) return false;
    wanted *= shape[axis]!;
  }
  return true;
}

function describeView({ dtype, shape, strides }: TorchTensor): string {
  return (
    `${dtype.name} [${shape.join(', ')}] as a view with strides [${strides.join(', ')}], whose values do not lie in ` +
    'a row (save it with .contiguous())'
  );
}
