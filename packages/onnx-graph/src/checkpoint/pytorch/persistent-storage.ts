import { PickleFault } from './pickle-fault.ts';
import { kindOf, type PickleValue, type TorchDtype, type TorchStorage } from './pickle-value.ts';
import { count } from './rebuild-tensor.ts';

/**
 * The storage of a persistent id `('storage', class, key, device, count)`; in the older format with a sixth part, which
 * is None or a view `(key, start, count)` into that storage. Counts are in elements.
 * @throws PickleFault
 * Source: pytorch/pytorch, `torch/serialization.py`, `persistent_id` in `_save` and `_legacy_save`.
 */
export function persistentStorage(id: PickleValue): TorchStorage {
  const parts = typeof id === 'object' && id !== null && id.kind === 'tuple' ? id.items : [];
  const [type, storageClass, key, , elements, view] = parts;
  if (type === 'module') throw new PickleFault(`a whole module: ${kindOf(storageClass)}`, true);
  if (type !== 'storage' || typeof key !== 'string') throw new PickleFault(`${kindOf(id)} as a reference`, true);
  if (typeof storageClass !== 'object' || storageClass === null || storageClass.kind !== 'global') {
    throw new PickleFault(`${kindOf(storageClass)} for the class of a storage`);
  }
  const { storageOf } = storageClass;
  if (storageOf === undefined) throw new PickleFault(`${storageClass.name} for the class of a storage`, true);
  const elementBytes = storageOf === 'bytes' ? 1 : storageOf.sizeBytes;
  const typed: { readonly dtype?: TorchDtype } = storageOf === 'bytes' ? {} : { dtype: storageOf };
  const bytesOf = (value: PickleValue | undefined, what: string): number => {
    const bytes = count(value, what) * elementBytes;
    if (!Number.isSafeInteger(bytes)) throw new PickleFault(`${bytes} bytes for ${what}`);
    return bytes;
  };
  const sizeBytes = bytesOf(elements, 'the length of a storage');
  if (view === undefined || view === null) return { kind: 'storage', key, ...typed, sizeBytes, startBytes: 0 };
  if (typeof view !== 'object' || view.kind !== 'tuple' || view.items.length !== 3) {
    throw new PickleFault(`${kindOf(view)} for a view of a storage`);
  }
  const startBytes = bytesOf(view.items[1], 'the start of a view');
  const viewBytes = bytesOf(view.items[2], 'the length of a view');
  if (startBytes + viewBytes > sizeBytes) throw new PickleFault(`a view beyond the end of the storage ${key}`);
  return { kind: 'storage', key, ...typed, sizeBytes: viewBytes, startBytes };
}
