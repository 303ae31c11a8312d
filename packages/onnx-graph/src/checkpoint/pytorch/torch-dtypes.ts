import type { TorchDtype } from './pickle-value.ts';

/** Source: pytorch/pytorch, `torch/storage.py` (`_dtype_to_storage_type_map`) and `c10/core/ScalarType.h`. */
const dtypes = {
  float64: { name: 'float64', sizeBytes: 8, elementType: 'float64' },
  float32: { name: 'float32', sizeBytes: 4, elementType: 'float32' },
  float16: { name: 'float16', sizeBytes: 2, elementType: 'float16' },
  bfloat16: { name: 'bfloat16', sizeBytes: 2, elementType: 'bfloat16' },
  int64: { name: 'int64', sizeBytes: 8, elementType: 'int64' },
  int32: { name: 'int32', sizeBytes: 4, elementType: 'int32' },
  int16: { name: 'int16', sizeBytes: 2, elementType: 'int16' },
  int8: { name: 'int8', sizeBytes: 1, elementType: 'int8' },
  uint8: { name: 'uint8', sizeBytes: 1, elementType: 'uint8' },
  bool: { name: 'bool', sizeBytes: 1, elementType: 'bool' },
  uint16: { name: 'uint16', sizeBytes: 2, elementType: 'uint16' },
  uint32: { name: 'uint32', sizeBytes: 4 },
  uint64: { name: 'uint64', sizeBytes: 8 },
  complex64: { name: 'complex64', sizeBytes: 8 },
  complex128: { name: 'complex128', sizeBytes: 16 },
  float8_e4m3fn: { name: 'float8_e4m3fn', sizeBytes: 1 },
  float8_e5m2: { name: 'float8_e5m2', sizeBytes: 1 },
  float8_e4m3fnuz: { name: 'float8_e4m3fnuz', sizeBytes: 1 },
  float8_e5m2fnuz: { name: 'float8_e5m2fnuz', sizeBytes: 1 },
  float8_e8m0fnu: { name: 'float8_e8m0fnu', sizeBytes: 1 },
} as const satisfies Readonly<Record<string, TorchDtype>>;

export const torchDtypes: readonly TorchDtype[] = Object.values(dtypes);

/** Classes of storages, below `torch` and, in files from machines with a GPU, below `torch.cuda`. */
export const storageClasses: ReadonlyMap<string, TorchDtype> = new Map<string, TorchDtype>([
  ['DoubleStorage', dtypes.float64],
  ['FloatStorage', dtypes.float32],
  ['HalfStorage', dtypes.float16],
  ['BFloat16Storage', dtypes.bfloat16],
  ['LongStorage', dtypes.int64],
  ['IntStorage', dtypes.int32],
  ['ShortStorage', dtypes.int16],
  ['CharStorage', dtypes.int8],
  ['ByteStorage', dtypes.uint8],
  ['BoolStorage', dtypes.bool],
  ['ComplexFloatStorage', dtypes.complex64],
  ['ComplexDoubleStorage', dtypes.complex128],
]);
