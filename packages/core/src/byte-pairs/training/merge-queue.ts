import { grown } from './growing-column.ts';
import type { PairTable } from './pair-table.ts';

/**
 * The pairs that may be merged next, the most frequent first; of equally frequent ones that with the smaller left id, then
 * with the smaller right one. Counts may fall while pairs are queued: a pair keeps the count that it was queued with, and
 * is put in order again when it comes to the front.
 */
export class MergeQueue {
  readonly #pairs: PairTable;
  /** Of each pair. */
  #counts: Int32Array = new Int32Array(1024);
  /** A binary heap of pairs. */
  #heap: Int32Array = new Int32Array(1024);
  #length = 0;

  constructor(pairs: PairTable) {
    this.#pairs = pairs;
  }

  /** Queues a pair with the count that it has now. */
  push(pair: number): void {
    this.#counts = grown(this.#counts, pair + 1);
    this.#heap = grown(this.#heap, ++this.#length);
    this.#counts[pair] = this.#pairs.counts[pair] as number;
    this.#siftUp(pair);
  }

  /** The first pair by the counts of now, or -1 where none is left. */
  pop(): number {
    while (this.#length > 0) {
      const pair = this.#heap[0] as number;
      const count = this.#pairs.counts[pair] as number;
      if (this.#counts[pair] === count) {
        this.#siftDown(this.#heap[--this.#length] as number);
        return pair;
      }
      this.#counts[pair] = count;
      this.#siftDown(pair);
    }
    return -1;
  }

  #isBefore(a: number, b: number): boolean {
    const difference = (this.#counts[a] as number) - (this.#counts[b] as number);
    if (difference !== 0) return difference > 0;
    const { lefts, rights } = this.#pairs;
    const [leftA, leftB] = [lefts[a] as number, lefts[b] as number];
    return leftA === leftB ? (rights[a] as number) < (rights[b] as number) : leftA < leftB;
  }

  /** Moves a pair from the end of the heap to its place. */
  #siftUp(pair: number): void {
    const heap = this.#heap;
    let at = this.#length - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!this.#isBefore(pair, heap[above] as number)) break;
      heap[at] = heap[above] as number;
      at = above;
    }
    heap[at] = pair;
  }

  /** Moves a pair from the top of the heap to its place. */
  #siftDown(pair: number): void {
    const heap = this.#heap;
    const length = this.#length;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= length) break;
      if (below + 1 < length && this.#isBefore(heap[below + 1] as number, heap[below] as number)) below++;
      if (!this.#isBefore(heap[below] as number, pair)) break;
      heap[at] = heap[below] as number;
      at = below;
    }
    heap[at] = pair;
  }
}
