import type { PlainValue } from '../checkpoint.ts';
import { PickleFault } from './pickle-fault.ts';
import type { PickleKey, PickleValue, TorchTensor } from './pickle-value.ts';

export interface FlatCheckpoint {
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  readonly values: ReadonlyMap<string, PlainValue>;
}

const maximumDepth = 32;
/** A pickle is a graph: a list of itself twice, some levels deep, has more leaves than there is memory. */
const maximumVisits = 2_000_000;
/** Characters of all names together. */
const maximumNameLength = 32 << 20;

/**
 * Names everything in nested dictionaries and lists by the keys on the way to it: `state_dict.encoder.0.weight`. A
 * tensor that is all there is gets the name `tensor`. Lists of plain values stay whole.
 * @throws PickleFault for two tensors of one name, and for what contains itself
 */
export function flattenCheckpoint(root: PickleValue): FlatCheckpoint {
  const tensors = new Map<string, TorchTensor>();
  const values = new Map<string, PlainValue>();
  let visits = 0;
  let nameLength = 0;

  const spend = (count: number, name: string): void => {
    visits += count;
    nameLength += name.length;
    if (visits > maximumVisits) throw new PickleFault(`more than ${maximumVisits} values, or one within itself`);
    if (nameLength > maximumNameLength) throw new PickleFault(`names of more than ${maximumNameLength} characters`);
  };
  const visit = (value: PickleValue, name: string, depth: number): void => {
    spend(1, name);
    if (depth > maximumDepth) throw new PickleFault(`more than ${maximumDepth} levels, at ${name.slice(0, 60)}`);
    if (typeof value !== 'object' || value === null) {
      if (name !== '') values.set(name, value);
    } else if (value.kind === 'tensor') {
      if (tensors.has(name || 'tensor')) throw new PickleFault(`two tensors of the name ${JSON.stringify(name)}`);
      tensors.set(name || 'tensor', value);
    } else if (value.kind === 'dict') {
      for (const [key, item] of value.entries) visit(item, join(name, String(key)), depth + 1);
    } else if (value.kind === 'list' || value.kind === 'tuple') {
      visitItems(value.items, name, depth);
    } else if (value.kind === 'storage') {
      throw new PickleFault(`a storage without a tensor, as ${JSON.stringify(name)}`);
    }
  };
  const visitItems = (items: readonly PickleValue[], name: string, depth: number): void => {
    spend(items.length, name);
    const plain = items.filter((item): item is PickleKey => typeof item !== 'object' || item === null);
    if (plain.length === items.length && name !== '') values.set(name, plain);
    else for (const [index, item] of items.entries()) visit(item, join(name, String(index)), depth + 1);
  };

  visit(root, '', 0);
  return { tensors, values };
}

function join(name: string, key: string): string {
  return name === '' ? key : `${name}.${key}`;
}
