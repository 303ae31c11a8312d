import { PickleFault } from './pickle-fault.ts';
import { keyOf } from './pickle-machine.ts';
import {
  kindOf,
  type PickleBudget,
  type PickleDict,
  type PickleGlobal,
  type PickleKey,
  type PickleValue,
} from './pickle-value.ts';
import { rebuildParameter, rebuildTensor, rebuildTensorOfType, rebuildTypedTensor } from './rebuild-tensor.ts';
import { storageClasses, torchDtypes } from './torch-dtypes.ts';

/**
 * Every class and function that a checkpoint may name: those of tensors and plain containers.
 * Source: pytorch/pytorch, `torch/_utils.py`, and `torch/_weights_only_unpickler.py` for what PyTorch itself accepts.
 */
export const torchGlobals: ReadonlyMap<string, PickleGlobal> = new Map(
  [
    ...callables({
      'collections.OrderedDict': orderedDict,
      'collections.Counter': ([counts = emptyDict()]) => expectKind(counts, 'dict', 'counts'),
      'builtins.set': () => ({ kind: 'opaque', type: 'set' }),
      'builtins.frozenset': () => ({ kind: 'opaque', type: 'set' }),
      'builtins.bytearray': () => ({ kind: 'opaque', type: 'bytes' }),
      '_codecs.encode': () => ({ kind: 'opaque', type: 'bytes' }),
      'torch.Size': ([sizes]) => expectKind(sizes, 'tuple', 'the sizes'),
      'torch.device': () => ({ kind: 'opaque', type: 'device' }),
      'torch._utils._rebuild_tensor': rebuildTensor,
      'torch._utils._rebuild_tensor_v2': rebuildTensor,
      'torch._utils._rebuild_tensor_v3': rebuildTypedTensor,
      'torch._utils._rebuild_parameter': rebuildParameter,
      'torch._utils._rebuild_parameter_with_state': rebuildParameter,
      'torch.nn.parameter.Parameter': rebuildParameter,
      'torch._tensor._rebuild_from_type_v2': rebuildTensorOfType,
    }),
    ...[...storageClasses].flatMap(([name, storageOf]): PickleGlobal[] => [
      { kind: 'global', name: `torch.${name}`, storageOf },
      { kind: 'global', name: `torch.cuda.${name}`, storageOf },
    ]),
    ...['torch.storage.UntypedStorage', 'torch.storage._UntypedStorage', 'torch.UntypedStorage'].map(
      (name): PickleGlobal => ({ kind: 'global', name, storageOf: 'bytes' }),
    ),
    ...torchDtypes.map((dtype): PickleGlobal => ({ kind: 'global', name: `torch.${dtype.name}`, dtype })),
    { kind: 'global', name: 'torch.Tensor' } satisfies PickleGlobal,
  ].map((global): [string, PickleGlobal] => [global.name, global]),
);

function callables(calls: Readonly<Record<string, NonNullable<PickleGlobal['call']>>>): PickleGlobal[] {
  return Object.entries(calls).map(([name, call]) => ({ kind: 'global', name, call }));
}

/** Empty in Python 3, which sets the keys afterwards; a list of pairs in Python 2. */
function orderedDict(args: readonly PickleValue[], budget: PickleBudget): PickleDict {
  const [pairs] = args;
  if (pairs === undefined) return emptyDict();
  const entries = new Map<PickleKey, PickleValue>();
  const { items } = expectKind(pairs, 'list', 'the pairs of an ordered dictionary');
  budget.spend(items.length);
  for (const pair of items) {
    const isPair = typeof pair === 'object' && pair !== null && (pair.kind === 'list' || pair.kind === 'tuple');
    if (!isPair || pair.items.length !== 2) throw new PickleFault(`${kindOf(pair)} for a key and its value`);
    entries.set(keyOf(pair.items[0]!), pair.items[1]!);
  }
  return { kind: 'dict', entries };
}

function emptyDict(): PickleDict {
  return { kind: 'dict', entries: new Map() };
}

function expectKind<Kind extends 'dict' | 'list' | 'tuple'>(
  value: PickleValue | undefined,
  kind: Kind,
  what: string,
): Extract<PickleValue, { readonly kind: Kind }> {
  if (typeof value !== 'object' || value === null || value.kind !== kind) {
    throw new PickleFault(`${kindOf(value)} for ${what}`);
  }
  return value as Extract<PickleValue, { readonly kind: Kind }>;
}
