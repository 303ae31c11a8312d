import type { StateTensor } from '../graph/graph-types.ts';
import type { GraphState } from './graph-session.ts';

/** How long growing states are at first. */
const firstLength = 64;

/**
 * Two sets of buffers that take turns: one run reads the one and has its new state written into the other, without an
 * allocation or a copy. States that are written in place have one buffer in both.
 */
export class CarriedState implements GraphState {
  readonly #states: readonly StateTensor[];
  readonly #isShared: boolean;
  #sides: readonly [readonly Float32Array[], readonly Float32Array[]];
  #front: 0 | 1 = 0;
  /** Of growing states, as far as their own most lets them. */
  #length = firstLength;

  /** @param isShared whether other threads can read and write the buffers */
  constructor(states: readonly StateTensor[], isShared: boolean) {
    this.#states = states;
    this.#isShared = isShared;
    this.#sides = this.#buffers(firstLength);
  }

  /** What the next run reads, in the order of the graph's states. */
  get current(): readonly Float32Array[] {
    return this.#sides[this.#front];
  }

  /** What the next run writes. */
  get next(): readonly Float32Array[] {
    return this.#sides[this.#front === 0 ? 1 : 0];
  }

  /** After a run: what it wrote is current. */
  advance(): void {
    this.#front = this.#front === 0 ? 1 : 0;
  }

  reserve(length: number): void {
    if (length > this.#length) this.#resize(2 ** Math.ceil(Math.log2(length)));
  }

  save(): Record<string, Float32Array> {
    return Object.fromEntries(this.#states.map(({ name }, i) => [name, Float32Array.from(this.current[i]!)]));
  }

  restore(saved: unknown): string | undefined {
    const byName = typeof saved === 'object' && saved !== null ? (saved as Readonly<Record<string, unknown>>) : {};
    const length = Math.max(firstLength, ...this.#states.map((state) => savedLength(state, byName[state.name])));
    const wanted = this.#states.map((state) => sizeOf(shapeAt(state, length)));
    for (const [i, { name }] of this.#states.entries()) {
      const values = byName[name];
      if (!(values instanceof Float32Array) || values.length !== wanted[i]) return name;
    }
    this.#sides = this.#buffers(length);
    this.#length = length;
    for (const [i, { name }] of this.#states.entries()) this.current[i]!.set(byName[name] as Float32Array);
    return undefined;
  }

  reset(): void {
    for (const values of this.current) values.fill(0);
  }

  #buffers(length: number): readonly [Float32Array[], Float32Array[]] {
    const make = (state: StateTensor): Float32Array => zeros(sizeOf(shapeAt(state, length)), this.#isShared);
    const first = this.#states.map(make);
    return [first, this.#states.map((state, i) => (state.isInPlace ? first[i]! : make(state)))];
  }

  #resize(length: number): void {
    const before = this.current;
    const shapes = this.#states.map((state) => shapeAt(state, this.#length));
    this.#sides = this.#buffers(length);
    this.#length = length;
    for (const [i, state] of this.#states.entries()) {
      const axis = state.growingAxis ?? 0;
      // Blocks of what lies within the axis: each moves to the start of a longer one.
      const block = sizeOf(shapes[i]!.slice(axis));
      const longer = sizeOf(shapeAt(state, length).slice(axis));
      for (let from = 0, to = 0; from < before[i]!.length; from += block, to += longer) {
        this.current[i]!.set(before[i]!.subarray(from, from + block), to);
      }
    }
  }
}

/** The shape of a state whose buffer has so many values. */
export function shapeOf(state: StateTensor, size: number): readonly number[] {
  const { shape, growingAxis } = state;
  if (growingAxis === undefined) return shape;
  return shape.with(growingAxis, size / (sizeOf(shape) / shape[growingAxis]!));
}

/** The shape of a state where growing ones are this long, or as long as they can be. */
function shapeAt({ shape, growingAxis }: StateTensor, length: number): readonly number[] {
  return growingAxis === undefined ? shape : shape.with(growingAxis, Math.min(length, shape[growingAxis]!));
}

/** How long saved values say that growing states are; 0 where they say nothing. */
function savedLength(state: StateTensor, values: unknown): number {
  if (state.growingAxis === undefined || !(values instanceof Float32Array)) return 0;
  const length = shapeOf(state, values.length)[state.growingAxis]!;
  return Number.isInteger(length) && length <= state.shape[state.growingAxis]! ? length : 0;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

function zeros(size: number, isShared: boolean): Float32Array {
  return isShared
    ? new Float32Array(new SharedArrayBuffer(size * Float32Array.BYTES_PER_ELEMENT))
    : new Float32Array(size);
}
