import {
  PickleFault,
  type PickleObject,
  PickleUnfinished,
  type PickleValue,
  parsePickle,
} from '@speech-tokens/onnx-graph';
import { CentroidFault } from './centroid-faults.ts';
import type { NumberArray } from './number-array.ts';

/** Arrays by the object that stands for them. */
type FoundArrays = ReadonlyMap<PickleObject, NumberArray>;

const wrapperName = 'joblib.numpy_pickle.NumpyArrayWrapper';
const oldWrapperNames = /^joblib\.numpy_pickle(?:_compat)?\.(?:NDArrayWrapper|ZNDArrayWrapper)$/;
const rebuildNames = new Set(['numpy.core.multiarray._reconstruct', 'numpy._core.multiarray._reconstruct']);

/**
 * The array `cluster_centers_` of a scikit-learn object (KMeans, MiniBatchKMeans) that was written by joblib 0.10 or later
 * or by pickle, or the array itself where nothing else was written. The file is read as data: no class is loaded, and
 * nothing in it is run.
 * @throws CentroidFault
 * Source: joblib/joblib, `joblib/numpy_pickle.py` (`NumpyArrayWrapper`); numpy/numpy,
 * `numpy/_core/src/multiarray/methods.c` (`array_setstate`).
 */
export function readSklearnPickle(bytes: Uint8Array): NumberArray {
  const arrays = new Map<PickleObject, NumberArray>();
  const value = parse(bytes, arrays);
  const found = centersOf(value, arrays);
  if (found !== undefined) return found;
  throw new CentroidFault(
    'The pickle has no centroids',
    isObject(value) ? `an object of ${value.className}` : 'something else',
    'a scikit-learn object with the attribute cluster_centers_, or an array',
  );
}

function parse(bytes: Uint8Array, arrays: Map<PickleObject, NumberArray>): PickleValue {
  try {
    return parsePickle(bytes, 0, {
      globals: new Map(),
      onObject(object, input) {
        if (oldWrapperNames.test(object.className)) {
          throw new PickleFault('arrays in files of their own, as joblib before 0.10 wrote them');
        }
        const array = arrayOf(object, bytes, input);
        if (array !== undefined) arrays.set(object, array);
      },
      persistent: () => {
        throw new PickleFault('a persistent id');
      },
    }).value;
  } catch (cause) {
    if (!(cause instanceof PickleFault || cause instanceof PickleUnfinished)) throw cause;
    const fault = new CentroidFault(
      cause instanceof PickleUnfinished ? 'The pickle is cut off' : 'The pickle cannot be read',
      cause.message,
      'a scikit-learn object written by joblib (0.10 or later) or pickle (protocol 3 or later)',
    );
    fault.cause = cause;
    throw fault;
  }
}

/** The array that an object has turned out to be with its state; what follows it in the file is skipped. */
function arrayOf(
  object: PickleObject,
  bytes: Uint8Array,
  input: Parameters<NonNullable<Parameters<typeof parsePickle>[2]['onObject']>>[1],
): NumberArray | undefined {
  if (object.className === wrapperName) {
    const state = entriesOf(object.state);
    const type = typeOf(state.get('dtype'));
    const shape = shapeOf(state.get('shape'));
    // Since joblib 1.2 arrays are aligned: a byte says how many bytes of padding follow it.
    if (typeof state.get('numpy_array_alignment_bytes') === 'number') input.skip(input.byte());
    const startBytes = input.atBytes;
    input.skip(byteCount(type, shape));
    const columnMajor = state.get('order') === 'F';
    return { type, shape, columnMajor, bytes: bytes.subarray(startBytes, input.atBytes) };
  }
  if (!rebuildNames.has(object.className)) return undefined;
  // (version, shape, dtype, is Fortran, bytes)
  const [, shapeValue, dtype, columnMajor, data] = itemsOf(object.state);
  if (typeof data !== 'object' || data?.kind !== 'opaque' || data.span === undefined) return undefined;
  const type = typeOf(dtype);
  const { startBytes, lengthBytes } = data.span;
  return {
    type,
    shape: shapeOf(shapeValue),
    columnMajor: columnMajor === true,
    bytes: bytes.subarray(startBytes, startBytes + lengthBytes),
  };
}

function centersOf(value: PickleValue, arrays: FoundArrays): NumberArray | undefined {
  if (!isObject(value)) return undefined;
  const itself = arrays.get(value);
  if (itself !== undefined) return itself;
  const state = value.state;
  if (typeof state !== 'object' || state?.kind !== 'dict') return undefined;
  const centers = state.entries.get('cluster_centers_');
  return isObject(centers) ? arrays.get(centers) : undefined;
}

/** `numpy.dtype('f4', …)` with the state `(version, '<', …)`. */
function typeOf(value: PickleValue | undefined): string {
  const [name] = isObject(value) && value.className === 'numpy.dtype' ? itemsOf(value.args) : [];
  const [, order] = isObject(value) && value.state !== undefined ? itemsOf(value.state) : [undefined, '|'];
  // Booleans, integers, floats and complex numbers: what has a fixed size, and no objects in it.
  if (typeof name !== 'string' || !/^[biufc]\d{1,2}$/.test(name) || typeof order !== 'string') {
    throw new PickleFault(`an array of ${isObject(value) ? JSON.stringify(name) : 'an unknown type'}`);
  }
  return `${order}${name}`;
}

function shapeOf(value: PickleValue | undefined): readonly number[] {
  return itemsOf(value).map((size) => {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      throw new PickleFault('an array whose shape is not made of whole numbers');
    }
    return size;
  });
}

function byteCount(type: string, shape: readonly number[]): number {
  const count = shape.reduce((product, size) => product * size, Number(type.slice(2)));
  if (!Number.isSafeInteger(count)) throw new PickleFault(`an array of ${shape.join(' · ')} values`);
  return count;
}

function itemsOf(value: PickleValue | undefined): readonly PickleValue[] {
  if (typeof value === 'object' && value?.kind === 'tuple') return value.items;
  throw new PickleFault('something else than a tuple in the description of an array');
}

function entriesOf(value: PickleValue | undefined): ReadonlyMap<unknown, PickleValue> {
  if (typeof value === 'object' && value?.kind === 'dict') return value.entries;
  throw new PickleFault('an array without a description');
}

function isObject(value: PickleValue | undefined): value is PickleObject {
  return typeof value === 'object' && value?.kind === 'object';
}
