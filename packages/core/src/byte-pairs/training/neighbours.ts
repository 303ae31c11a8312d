import { grown } from './growing-column.ts';

/**
 * The ids on one side of the places of a merge, each with the places of the new pairs that it is in. Filled, sorted,
 * read and cleared, once a merge.
 */
export class Neighbours {
  /** The ids that are there, each once. */
  readonly ids: number[] = [];
  /** After `sort`: all places, those of one id together, in the order in which they were added. */
  sortedPlaces: Int32Array = new Int32Array(1024);
  /** Of each id of the vocabulary. */
  readonly #counts: Int32Array;
  readonly #ends: Int32Array;
  #addedIds: Int32Array = new Int32Array(1024);
  #addedPlaces: Int32Array = new Int32Array(1024);
  #length = 0;

  constructor(vocabularySize: number) {
    this.#counts = new Int32Array(vocabularySize);
    this.#ends = new Int32Array(vocabularySize);
  }

  add(id: number, place: number): void {
    const at = this.#length++;
    if (at === this.#addedIds.length) {
      this.#addedIds = grown(this.#addedIds, this.#length);
      this.#addedPlaces = grown(this.#addedPlaces, this.#length);
    }
    this.#addedIds[at] = id;
    this.#addedPlaces[at] = place;
    const count = this.#counts[id] as number;
    if (count === 0) this.ids.push(id);
    this.#counts[id] = count + 1;
  }

  /** How many places an id has. */
  countOf(id: number): number {
    return this.#counts[id] as number;
  }

  sort(): void {
    this.sortedPlaces = grown(this.sortedPlaces, this.#length);
    let end = 0;
    for (const id of this.ids) {
      this.#ends[id] = end;
      end += this.#counts[id] as number;
    }
    for (let i = 0; i < this.#length; i++) {
      const id = this.#addedIds[i] as number;
      const at = this.#ends[id] as number;
      this.sortedPlaces[at] = this.#addedPlaces[i] as number;
      this.#ends[id] = at + 1;
    }
  }

  /** After `sort`: where the places of an id end in `sortedPlaces`. */
  endOf(id: number): number {
    return this.#ends[id] as number;
  }

  clear(): void {
    for (const id of this.ids) this.#counts[id] = 0;
    this.ids.length = 0;
    this.#length = 0;
  }
}
