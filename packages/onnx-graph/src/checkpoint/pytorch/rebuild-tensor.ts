import { PickleFault } from './pickle-fault.ts';
import {
  kindOf,
  type PickleBudget,
  type PickleValue,
  type TorchDtype,
  type TorchStorage,
  type TorchTensor,
} from './pickle-value.ts';

/** More axes than any tensor has. */
const maximumRank = 64;

/** `_rebuild_tensor(storage, start, shape, strides)` and `_rebuild_tensor_v2(…, requiresGrad, hooks, metadata)`. */
export function rebuildTensor(args: readonly PickleValue[], budget: PickleBudget): TorchTensor {
  const storage = storageOf(args[0]);
  if (storage.dtype === undefined) throw new PickleFault('a tensor over plain bytes, without a type');
  return tensorOf(storage, storage.dtype, args, args[6], budget);
}

/** `_rebuild_tensor_v3(storage, start, shape, strides, requiresGrad, hooks, dtype, metadata)`: types without storages. */
export function rebuildTypedTensor(args: readonly PickleValue[], budget: PickleBudget): TorchTensor {
  const dtype = args[6];
  if (typeof dtype !== 'object' || dtype === null || dtype.kind !== 'global' || dtype.dtype === undefined) {
    throw new PickleFault(`${kindOf(dtype)} for the type of a tensor`);
  }
  return tensorOf(storageOf(args[0]), dtype.dtype, args, args[7], budget);
}

/** `_rebuild_parameter(tensor, requiresGrad, hooks)`: the tensor itself. */
export function rebuildParameter(args: readonly PickleValue[]): TorchTensor {
  const [tensor] = args;
  if (typeof tensor !== 'object' || tensor === null || tensor.kind !== 'tensor') {
    throw new PickleFault(`${kindOf(tensor)} for the tensor of a parameter`);
  }
  return tensor;
}

/** `_rebuild_from_type_v2(rebuild, type, args, attributes)`: a tensor with attributes, which are of no interest here. */
export function rebuildTensorOfType(args: readonly PickleValue[], budget: PickleBudget): TorchTensor {
  const [rebuild, type, inner] = args;
  const isRebuild = typeof rebuild === 'object' && rebuild !== null && rebuild.kind === 'global';
  const isTensorType = typeof type === 'object' && type !== null && type.kind === 'global';
  if (!isTensorType || !['torch.Tensor', 'torch.nn.parameter.Parameter'].includes(type.name)) {
    throw new PickleFault(`a tensor of the type ${kindOf(type)}`, true);
  }
  if (typeof inner !== 'object' || inner === null || inner.kind !== 'tuple') {
    throw new PickleFault(`${kindOf(inner)} for the arguments of a tensor`);
  }
  switch (isRebuild ? rebuild.name : undefined) {
    case 'torch._utils._rebuild_tensor_v2':
      return rebuildTensor(inner.items, budget);
    case 'torch._utils._rebuild_tensor_v3':
      return rebuildTypedTensor(inner.items, budget);
    default:
      throw new PickleFault(`a tensor that is made by ${kindOf(rebuild)}`, true);
  }
}

function tensorOf(
  storage: TorchStorage,
  dtype: TorchDtype,
  args: readonly PickleValue[],
  metadata: PickleValue | undefined,
  budget: PickleBudget,
): TorchTensor {
  // Views that negate or conjugate say so here; their bytes alone would be wrong.
  const isPlain =
    metadata === undefined ||
    metadata === null ||
    (typeof metadata === 'object' && metadata.kind === 'dict' && metadata.entries.size === 0);
  if (!isPlain) throw new PickleFault('a tensor that negates or conjugates what is stored', true);
  const [, start, shape, strides] = args;
  const tensor: TorchTensor = {
    kind: 'tensor',
    storage,
    dtype,
    startElement: count(start, 'the start of a tensor'),
    shape: counts(shape, 'the shape of a tensor'),
    strides: counts(strides, 'the strides of a tensor'),
  };
  budget.spend(tensor.shape.length + tensor.strides.length);
  if (tensor.shape.length !== tensor.strides.length) {
    throw new PickleFault(`${tensor.strides.length} strides for ${tensor.shape.length} axes`);
  }
  return tensor;
}

function storageOf(value: PickleValue | undefined): TorchStorage {
  if (typeof value !== 'object' || value === null || value.kind !== 'storage') {
    throw new PickleFault(`${kindOf(value)} for the storage of a tensor`);
  }
  return value;
}

function counts(value: PickleValue | undefined, what: string): readonly number[] {
  if (typeof value !== 'object' || value === null || value.kind !== 'tuple' || value.items.length > maximumRank) {
    throw new PickleFault(`${kindOf(value)} for ${what}, of at most ${maximumRank} axes`);
  }
  return value.items.map((item) => count(item, what));
}

/** A whole number that is not negative. */
export function count(value: PickleValue | undefined, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new PickleFault(`${typeof value === 'number' ? value : kindOf(value)} for ${what}`);
  }
  return value;
}
