import type { StateTensor } from '../graph/graph-types.ts';
import type { GraphState, TensorValues } from './graph-session.ts';

/** Rows of a memory before a run. */
interface OverwrittenRows {
  readonly rows: Float32Array;
  readonly lastPlace: number;
}

/** How long growing states are at first. */
const firstLength = 64;

/**
 * Two sets of buffers that take turns: one run reads the one and has its new state written into the other. Memories have
 * one buffer in both, into which their new rows are written after a run.
 */
export class CarriedState implements GraphState {
  readonly #states: readonly StateTensor[];
  readonly #isShared: boolean;
  #sides: readonly [readonly Float32Array[], readonly Float32Array[]];
  #front: 0 | 1 = 0;
  /** Of growing states, as far as their own most lets them. */
  #length = firstLength;
  /** Of each state, what rows of memories were before runs since the last mark, the earliest first; absent before a mark. */
  #overwritten: readonly OverwrittenRows[][] | undefined;

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

  /** After a run: writes new rows of memories, which `results` has by the names of outputs; what it wrote is current. */
  advance(results: Readonly<Record<string, TensorValues>>): void {
    for (const [i, state] of this.#states.entries()) {
      if (state.memory === undefined) continue;
      const rows = results[state.outputName] as Float32Array;
      const lastPlace = results[state.memory.lastName]![0]!;
      if (this.#overwritten !== undefined)
        remember(this.#overwritten[i]!, state, this.current[i]!, rows.length, lastPlace);
      moveRows(state, this.current[i]!, rows, lastPlace, 'write');
    }
    this.#front = this.#front === 0 ? 1 : 0;
  }

  reserve(length: number): void {
    if (length <= this.#length) return;
    // A run looks at the whole of it, so at most an eighth is there in advance.
    const step = Math.max(firstLength, 2 ** Math.floor(Math.log2(length)) / 8);
    this.#resize(Math.ceil(length / step) * step);
  }

  mark(): () => void {
    const states = this.current.map((values, i) => (this.#states[i]!.memory ? undefined : values.slice()));
    const overwritten = this.#states.map((): OverwrittenRows[] => []);
    this.#overwritten = overwritten;
    return () => {
      for (const [i, values] of states.entries()) if (values !== undefined) this.current[i]!.set(values);
      for (const [i, entries] of overwritten.entries()) undo(entries, this.#states[i]!, this.current[i]!);
    };
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
    return [first, this.#states.map((state, i) => (state.memory ? first[i]! : make(state)))];
  }

  #resize(length: number): void {
    const before = this.current;
    const shapes = this.#states.map((state) => shapeAt(state, this.#length));
    this.#sides = this.#buffers(length);
    this.#length = length;
    for (const [i, state] of this.#states.entries()) {
      const axis = state.memory?.axis ?? 0;
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
  const { shape, memory } = state;
  if (!memory?.grows) return shape;
  return shape.with(memory.axis, size / (sizeOf(shape) / shape[memory.axis]!));
}

/** The shape of a state where growing ones are this long, or as long as they can be. */
function shapeAt({ shape, memory }: StateTensor, length: number): readonly number[] {
  return memory?.grows ? shape.with(memory.axis, Math.min(length, shape[memory.axis]!)) : shape;
}

/** How long saved values say that growing states are; 0 where they say nothing. */
function savedLength(state: StateTensor, values: unknown): number {
  if (!state.memory?.grows || !(values instanceof Float32Array)) return 0;
  const { axis } = state.memory;
  const length = shapeOf(state, values.length)[axis]!;
  return Number.isInteger(length) && length <= state.shape[axis]! ? length : 0;
}

/**
 * Notes what a run is about to overwrite, `size` values of a memory. From as much as the whole memory on, the whole as it
 * was is noted instead: a push of an hour holds no more than a memory.
 */
function remember(
  entries: OverwrittenRows[],
  state: StateTensor,
  values: Float32Array,
  size: number,
  lastPlace: number,
): void {
  if (entries[0]?.rows.length === values.length) return;
  const noted = entries.reduce((sum, { rows }) => sum + rows.length, 0);
  if (noted + size < values.length) {
    const rows = new Float32Array(size);
    moveRows(state, values, rows, lastPlace, 'read');
    entries.push({ rows, lastPlace });
    return;
  }
  const whole = values.slice();
  undo(entries, state, whole);
  entries.push({ rows: whole, lastPlace: shapeOf(state, values.length)[state.memory!.axis]! - 1 });
}

/** Puts back what was overwritten, the latest first, and forgets it. */
function undo(entries: OverwrittenRows[], state: StateTensor, values: Float32Array): void {
  for (const { rows, lastPlace } of entries.splice(0).reverse()) moveRows(state, values, rows, lastPlace, 'write');
}

/** Writes or reads rows along the axis of a memory: the last of them at a place, those before it at the places before, around. */
function moveRows(
  state: StateTensor,
  values: Float32Array,
  rows: Float32Array,
  lastPlace: number,
  direction: 'read' | 'write',
): void {
  const { axis } = state.memory!;
  const shape = shapeOf(state, values.length);
  const places = shape[axis]!;
  const outer = sizeOf(shape.slice(0, axis));
  const width = sizeOf(shape.slice(axis + 1));
  const count = rows.length / (outer * width);
  const first = (lastPlace - count + 1 + places) % places;
  const before = Math.min(count, places - first);
  const move = (row: number, place: number, length: number): void => {
    if (direction === 'write') values.set(rows.subarray(row, row + length), place);
    else rows.set(values.subarray(place, place + length), row);
  };
  for (let block = 0; block < outer; block++) {
    const row = block * count * width;
    const start = block * places * width;
    move(row, start + first * width, before * width);
    move(row + before * width, start, (count - before) * width);
  }
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

function zeros(size: number, isShared: boolean): Float32Array {
  return isShared
    ? new Float32Array(new SharedArrayBuffer(size * Float32Array.BYTES_PER_ELEMENT))
    : new Float32Array(size);
}
