import type { ElementType } from '../../graph/element-type.ts';
import type { PickleInput } from './pickle-input.ts';

/** A number type of PyTorch. */
export interface TorchDtype {
  /** As PyTorch names it, for example `float32`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Absent where graphs have no such type. */
  readonly elementType?: ElementType;
}

/** Numbers in a row, which tensors are views of. It is named here and lies elsewhere in the file. */
export interface TorchStorage {
  readonly kind: 'storage';
  readonly key: string;
  /** Absent where the storage counts bytes, and each tensor says what they are. */
  readonly dtype?: TorchDtype;
  readonly sizeBytes: number;
  /** A stretch of another storage: where it starts there. Only in files of the older format. */
  readonly startBytes: number;
}

export interface TorchTensor {
  readonly kind: 'tensor';
  readonly storage: TorchStorage;
  readonly dtype: TorchDtype;
  /** Counted in elements from the start of the storage. */
  readonly startElement: number;
  readonly shape: readonly number[];
  /** Elements from one index of an axis to the next. */
  readonly strides: readonly number[];
}

export interface PickleList {
  readonly kind: 'list';
  readonly items: PickleValue[];
}

export interface PickleTuple {
  readonly kind: 'tuple';
  readonly items: readonly PickleValue[];
}

/** Python's dictionaries; of their keys only these kinds are accepted. */
export interface PickleDict {
  readonly kind: 'dict';
  readonly entries: Map<PickleKey, PickleValue>;
}

export type PickleKey = null | boolean | number | bigint | string;

/** Harmless values whose contents nobody asks for: sets, bytes, devices. They are accepted, and not kept. */
export interface PickleOpaque {
  readonly kind: 'opaque';
  readonly type: string;
  /** Where the bytes lie, of `bytes` that stand in the pickle itself. */
  readonly span?: { readonly startBytes: number; readonly lengthBytes: number };
}

/** An object of any class, as data: what it was made from, and the attributes that it was given. No class is loaded. */
export interface PickleObject {
  readonly kind: 'object';
  readonly className: string;
  readonly args: PickleValue;
  state?: PickleValue;
}

/** A class or function that a pickle names. None is ever run: the few that are accepted are written here anew. */
export interface PickleGlobal {
  readonly kind: 'global';
  readonly name: string;
  /** What stands for calling it; absent where it is only named. */
  readonly call?: (args: readonly PickleValue[], budget: PickleBudget) => PickleValue;
  readonly dtype?: TorchDtype;
  /** A class of storages: the type of their elements; `bytes` where they count bytes. */
  readonly storageOf?: TorchDtype | 'bytes';
}

/** What a pickle may refer to. */
export interface PickleContext {
  /** By `module.name`, with the module names of Python 3. */
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /**
   * Present where classes that are not in `globals` are taken as inert data, and not refused. Called when an object has
   * got its state; what it stores behind that in the file (joblib's arrays) can then be skipped in `input`.
   */
  onObject?(object: PickleObject, input: PickleInput): void;
  /** The object that a persistent id stands for. @throws PickleFault */
  persistent(id: PickleValue): PickleValue;
}

/** Keeps work and memory in bounds. */
export interface PickleBudget {
  /** @throws PickleFault once more than the limit has been made from one pickle */
  spend(values: number): void;
}

export type PickleValue =
  | PickleKey
  | PickleList
  | PickleTuple
  | PickleDict
  | PickleOpaque
  | PickleObject
  | PickleGlobal
  | TorchStorage
  | TorchTensor;

/** What a value is, in a word, for messages. */
export function kindOf(value: PickleValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  if (typeof value !== 'object') return typeof value;
  if (value.kind === 'global') return `the global ${value.name}`;
  if (value.kind === 'object') return `an object of ${value.className}`;
  return value.kind === 'opaque' ? `a ${value.type}` : `a ${value.kind}`;
}
