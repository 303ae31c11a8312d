import { pairHash } from '../pair-hash.ts';
import { grown } from './growing-column.ts';

const firstCapacity = 1024;

/** Pairs of ids, numbered as they are found, each with a count. */
export class PairTable {
  size = 0;
  lefts: Int32Array = new Int32Array(firstCapacity);
  rights: Int32Array = new Int32Array(firstCapacity);
  /** 0 of a new pair. */
  counts: Int32Array = new Int32Array(firstCapacity);
  /** Open addressing: the number of a pair plus 1, or 0; a power of two of them, at most half of them taken. */
  #slots: Int32Array = new Int32Array(4 * firstCapacity);

  /** The number of a pair, or -1. */
  find(left: number, right: number): number {
    return (this.#slots[this.#slotOf(left, right)] as number) - 1;
  }

  findOrAdd(left: number, right: number): number {
    const slot = this.#slotOf(left, right);
    const found = (this.#slots[slot] as number) - 1;
    if (found >= 0) return found;
    const pair = this.size++;
    this.lefts = grown(this.lefts, this.size);
    this.rights = grown(this.rights, this.size);
    this.counts = grown(this.counts, this.size);
    this.lefts[pair] = left;
    this.rights[pair] = right;
    this.#slots[slot] = pair + 1;
    if (2 * this.size > this.#slots.length) this.#widen();
    return pair;
  }

  /** The slot of a pair, or the empty one where it belongs. */
  #slotOf(left: number, right: number): number {
    const { lefts, rights } = this;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = pairHash(left, right) & mask;
    for (;;) {
      const pair = (slots[slot] as number) - 1;
      if (pair < 0 || (lefts[pair] === left && rights[pair] === right)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #widen(): void {
    const slots = new Int32Array(4 * this.#slots.length);
    const mask = slots.length - 1;
    for (let pair = 0; pair < this.size; pair++) {
      let slot = pairHash(this.lefts[pair] as number, this.rights[pair] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = pair + 1;
    }
    this.#slots = slots;
  }
}
