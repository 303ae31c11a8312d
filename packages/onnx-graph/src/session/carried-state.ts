import type { StateTensor } from '../graph/graph-types.ts';
import type { GraphState } from './graph-session.ts';

/**
 * Two sets of buffers that take turns: one run reads the one and has its new state written into the other, without an
 * allocation or a copy. States that are written in place have one buffer in both.
 */
export class CarriedState implements GraphState {
  readonly #states: readonly StateTensor[];
  readonly #sides: readonly [readonly Float32Array[], readonly Float32Array[]];
  #front: 0 | 1 = 0;

  /** @param isShared whether other threads can read and write the buffers */
  constructor(states: readonly StateTensor[], isShared: boolean) {
    this.#states = states;
    const first = states.map(({ shape }) => zeros(shape, isShared));
    const second = states.map(({ shape, isInPlace = false }, i) => (isInPlace ? first[i]! : zeros(shape, isShared)));
    this.#sides = [first, second];
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

  save(): Record<string, Float32Array> {
    return Object.fromEntries(this.#states.map(({ name }, i) => [name, Float32Array.from(this.current[i]!)]));
  }

  restore(saved: unknown): string | undefined {
    const byName = typeof saved === 'object' && saved !== null ? (saved as Readonly<Record<string, unknown>>) : {};
    for (const [i, { name }] of this.#states.entries()) {
      const values = byName[name];
      if (!(values instanceof Float32Array) || values.length !== this.current[i]!.length) return name;
    }
    for (const [i, { name }] of this.#states.entries()) this.current[i]!.set(byName[name] as Float32Array);
    return undefined;
  }

  reset(): void {
    for (const values of this.current) values.fill(0);
  }
}

function zeros(shape: readonly number[], isShared: boolean): Float32Array {
  const size = shape.reduce((product, dim) => product * dim, 1);
  return isShared
    ? new Float32Array(new SharedArrayBuffer(size * Float32Array.BYTES_PER_ELEMENT))
    : new Float32Array(size);
}
