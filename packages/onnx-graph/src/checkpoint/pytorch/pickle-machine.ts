import { PickleFault } from './pickle-fault.ts';
import type { PickleInput } from './pickle-input.ts';
import {
  kindOf,
  type PickleBudget,
  type PickleContext,
  type PickleGlobal,
  type PickleKey,
  type PickleValue,
} from './pickle-value.ts';

/** Containers in one pickle, each of which takes some 200 bytes here and as little as one byte there. */
const maximumContainers = 700_000;
/** Values that are copied from one container to another. */
const maximumSpending = 4_000_000;

/** The stack and the memo of a pickle that is being read. */
export class PickleMachine implements PickleBudget {
  readonly #context: PickleContext;
  readonly #stack: PickleValue[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #containers = 0;
  #spending = 0;

  constructor(context: PickleContext) {
    this.#context = context;
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  /** Counts a new container. */
  pushContainer(value: PickleValue): void {
    if (++this.#containers > maximumContainers) throw new PickleFault(`more than ${maximumContainers} containers`);
    this.#stack.push(value);
  }

  pop(): PickleValue {
    if (this.#stack.length <= this.#floor()) throw new PickleFault('an empty stack');
    return this.#stack.pop()!;
  }

  /** The last `count` values, the topmost last. */
  popSome(count: number): PickleValue[] {
    if (this.#stack.length - count < this.#floor()) throw new PickleFault('an empty stack');
    return this.#stack.splice(this.#stack.length - count);
  }

  top(): PickleValue {
    if (this.#stack.length <= this.#floor()) throw new PickleFault('an empty stack');
    return this.#stack.at(-1)!;
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** Everything since the last mark, which goes with it. */
  popToMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new PickleFault('no mark on the stack');
    return this.#stack.splice(mark);
  }

  remember(index: number = this.#memo.size): void {
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw new PickleFault(`nothing remembered as number ${index}`);
    this.#stack.push(value);
  }

  pushGlobal(module: string, name: string): void {
    const fullName = `${module === '__builtin__' ? 'builtins' : module}.${name}`;
    const found = this.#context.globals.get(fullName);
    if (found === undefined && this.#context.onObject === undefined) {
      throw new PickleFault(`the global ${fullName}`, true);
    }
    this.#stack.push(found ?? inertGlobal(fullName));
  }

  /** Replaces a class or function and its arguments by what stands for the call. */
  reduce(): void {
    const args = this.pop();
    const callee = this.pop();
    if (typeof callee !== 'object' || callee === null || callee.kind !== 'global' || callee.call === undefined) {
      throw new PickleFault(`a call of ${kindOf(callee)}`, true);
    }
    if (typeof args !== 'object' || args === null || args.kind !== 'tuple') {
      throw new PickleFault(`${kindOf(args)} as the arguments of ${callee.name}`);
    }
    this.pushContainer(callee.call(args.items, this));
  }

  /** Attributes of an object: dictionaries of modules have some, which are of no interest here. */
  build(input: PickleInput): void {
    const state = this.pop();
    const target = this.top();
    if (typeof target === 'object' && target?.kind === 'object') {
      target.state = state;
      this.#context.onObject?.(target, input);
      return;
    }
    if (typeof target !== 'object' || target === null || target.kind !== 'dict') {
      throw new PickleFault(`attributes for ${kindOf(target)}`, true);
    }
  }

  pushPersistent(): void {
    this.pushContainer(this.#context.persistent(this.pop()));
  }

  append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (typeof list !== 'object' || list === null || list.kind !== 'list') {
      throw new PickleFault(`items appended to ${kindOf(list)}`);
    }
    for (const item of items) list.items.push(item);
  }

  setItems(pairs: readonly PickleValue[]): void {
    const dict = this.top();
    if (typeof dict !== 'object' || dict === null || dict.kind !== 'dict') {
      throw new PickleFault(`keys set in ${kindOf(dict)}`);
    }
    if (pairs.length % 2 !== 0) throw new PickleFault('a key without a value');
    for (let i = 0; i < pairs.length; i += 2) dict.entries.set(keyOf(pairs[i]!), pairs[i + 1]!);
  }

  spend(values: number): void {
    this.#spending += values;
    if (this.#spending > maximumSpending) throw new PickleFault(`more than ${maximumSpending} values copied`);
  }

  /** The one value that is left. */
  finish(): PickleValue {
    if (this.#marks.length > 0) throw new PickleFault('a mark that is left on the stack');
    const value = this.pop();
    if (this.#stack.length > 0) throw new PickleFault(`${this.#stack.length} values left on the stack`);
    return value;
  }

  #floor(): number {
    return this.#marks.at(-1) ?? 0;
  }
}

/** A class or function as a name: to call it gives an object that says so. */
function inertGlobal(name: string): PickleGlobal {
  return {
    kind: 'global',
    name,
    call: (items) => ({ kind: 'object', className: name, args: { kind: 'tuple', items } }),
  };
}

/** @throws PickleFault for what is no key here: a tuple, a tensor */
export function keyOf(value: PickleValue): PickleKey {
  if (typeof value === 'object' && value !== null) throw new PickleFault(`${kindOf(value)} as a dictionary's key`);
  return value;
}
