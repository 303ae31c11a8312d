import { MergeQueue } from './merge-queue.ts';
import { Neighbours } from './neighbours.ts';
import { PairTable } from './pair-table.ts';
import { PlaceLists } from './place-lists.ts';
import { inside, separator, type UnitCorpus } from './unit-corpus.ts';

/** The pair that comes next. */
export interface NextPair {
  /** Its number. */
  readonly pair: number;
  readonly left: number;
  readonly right: number;
  readonly count: number;
}

/**
 * The pairs of a corpus while they are merged one after the other: how often each occurs, and where.
 *
 * Pairs that overlap (aaa has two of aa) all count, as in Hugging Face tokenizers. A pair comes to be in a single merge,
 * that which made its newer half, and all its places at once: so its count only falls from then on, and the list of its
 * places is written once. For what a token stands for has one way to come about: between places that no token crosses,
 * merging goes on as if nothing else were there, and so it went the same way wherever the same units stand.
 */
export class PairMerger {
  readonly #corpus: UnitCorpus;
  readonly #pairs = new PairTable();
  readonly #queue: MergeQueue = new MergeQueue(this.#pairs);
  /** Of each pair: where it came to be, rising. Some of it may be gone by the time that it is merged. */
  readonly #places = new PlaceLists();
  readonly #before: Neighbours;
  readonly #after: Neighbours;
  readonly #canJoin: (left: number, right: number) => boolean;

  /** @param canJoin whether what two ids stand for is short enough for a token */
  constructor(corpus: UnitCorpus, vocabularySize: number, canJoin: (left: number, right: number) => boolean) {
    this.#corpus = corpus;
    this.#before = new Neighbours(vocabularySize);
    this.#after = new Neighbours(vocabularySize);
    this.#canJoin = canJoin;
  }

  /** Counts the pairs of units in the places [from, to); `pairOfPlace` gets the number of each, or -1. */
  countUnits(pairOfPlace: Int32Array, from: number, to: number): void {
    const { cells } = this.#corpus;
    for (let place = from; place < to; place++) {
      const [left, right] = [cells[2 * place] as number, cells[2 * place + 2] as number];
      // Behind the last place there is nothing.
      const isPair = left >= 0 && right >= 0;
      const pair = isPair ? this.#pairs.findOrAdd(left, right) : -1;
      pairOfPlace[place] = pair;
      if (isPair) this.#pairs.counts[pair] = (this.#pairs.counts[pair] as number) + 1;
    }
  }

  /** When all units are counted: queues every pair. */
  queueUnits(pairOfPlace: Int32Array): void {
    const { size, counts } = this.#pairs;
    const ends = new Int32Array(size);
    for (let pair = 1; pair < size; pair++) ends[pair] = (ends[pair - 1] as number) + (counts[pair - 1] as number);
    const total = size === 0 ? 0 : (ends[size - 1] as number) + (counts[size - 1] as number);
    const places = new Int32Array(total);
    for (let place = 0; place < pairOfPlace.length; place++) {
      const pair = pairOfPlace[place] as number;
      if (pair < 0) continue;
      const at = ends[pair] as number;
      places[at] = place;
      ends[pair] = at + 1;
    }
    this.#places.adopt(places, counts.subarray(0, size));
    for (let pair = 0; pair < size; pair++) this.#queue.push(pair);
  }

  /** Takes the pair off the queue that is merged next; `undefined` where there is none. */
  next(): NextPair | undefined {
    const pair = this.#queue.pop();
    if (pair < 0) return undefined;
    const { lefts, rights, counts } = this.#pairs;
    return { pair, left: lefts[pair] as number, right: rights[pair] as number, count: counts[pair] as number };
  }

  /** Makes tokens of a pair wherever it stands, and queues the pairs that come to be. */
  merge({ pair, left, right }: NextPair, token: number): void {
    this.#replace(this.#places.get(pair), left, right, token);
    this.#count(left, right, token);
    this.#queueSide(this.#before, (id) => this.#pairs.find(id, token));
    this.#queueSide(this.#after, (id) => this.#pairs.find(token, id));
    this.#before.clear();
    this.#after.clear();
  }

  /** Writes the token in place of the pair, from left to right, and notes what stands beside it. */
  #replace(places: Int32Array, left: number, right: number, token: number): void {
    const { cells } = this.#corpus;
    const [before, after] = [this.#before, this.#after];
    for (let i = 0; i < places.length; i++) {
      const place = places[i] as number;
      const cell = 2 * place;
      if (cells[cell] !== left) continue;
      const leftLength = cells[cell + 1] as number;
      const middle = cell + 2 * leftLength;
      if (cells[middle] !== right) continue;
      const length = leftLength + (cells[middle + 1] as number);
      const end = cell + 2 * length;
      if (place > 0) {
        const last = cell - 2;
        const first = cells[last] === inside ? cell - 2 * (cells[last + 1] as number) : last;
        const id = cells[first] as number;
        if (id !== separator) before.add(id, first >> 1);
      }
      const id = cells[end] as number;
      if (id !== separator) after.add(id, place);
      cells[cell] = token;
      cells[middle] = inside;
      cells[cell + 1] = length;
      cells[end - 1] = length;
    }
  }

  /** Counts the pairs that came to be, and takes away those that are gone: some came and went in this merge. */
  #count(left: number, right: number, token: number): void {
    const [before, after] = [this.#before, this.#after];
    for (const id of before.ids) this.#add(id, token, before.countOf(id));
    for (const id of after.ids) this.#add(token, id, after.countOf(id));
    for (const id of before.ids) this.#subtract(id, left, before.countOf(id));
    for (const id of after.ids) this.#subtract(right, id, after.countOf(id));
  }

  #add(left: number, right: number, count: number): void {
    if (!this.#canJoin(left, right)) return;
    const pair = this.#pairs.findOrAdd(left, right);
    this.#pairs.counts[pair] = (this.#pairs.counts[pair] as number) + count;
  }

  #subtract(left: number, right: number, count: number): void {
    const pair = this.#pairs.find(left, right);
    // Pairs that are too long are not counted.
    if (pair >= 0) this.#pairs.counts[pair] = (this.#pairs.counts[pair] as number) - count;
  }

  /** Queues the new pairs on one side that are still there. */
  #queueSide(side: Neighbours, pairOf: (id: number) => number): void {
    side.sort();
    for (const id of side.ids) {
      const pair = pairOf(id);
      if (pair < 0) continue;
      const end = side.endOf(id);
      this.#places.add(pair, side.sortedPlaces, end - side.countOf(id), end);
      if ((this.#pairs.counts[pair] as number) > 0) this.#queue.push(pair);
    }
  }
}
