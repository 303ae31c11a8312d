const chunkLength = 2 ** 20;

/** Lists of places, written once and never given back: in chunks, so that growing copies nothing. */
export class PlaceLists {
  readonly #chunks: Int32Array[] = [];
  /** Places taken in the last chunk. */
  #filled = 0;
  /** Of each list: number of the chunk · 2^32 + where it starts in it. */
  #starts = new Float64Array(1024);
  #lengths: Int32Array = new Int32Array(1024);

  /** Takes a whole array as it is; lists 0, 1, … lie in it one after the other. */
  adopt(places: Int32Array, lengths: Int32Array): void {
    this.#chunks.push(places);
    this.#filled = places.length;
    let start = 0;
    for (let list = 0; list < lengths.length; list++) {
      this.#define(list, start, lengths[list] as number);
      start += lengths[list] as number;
    }
  }

  /** Copies the places [from, to) into a new list. */
  add(list: number, places: Int32Array, from: number, to: number): void {
    const length = to - from;
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || this.#filled + length > chunk.length) {
      chunk = new Int32Array(Math.max(chunkLength, length));
      this.#chunks.push(chunk);
      this.#filled = 0;
    }
    this.#define(list, this.#filled, length);
    // Most lists are short: a loop is quicker than a view.
    for (let i = from; i < to; i++) chunk[this.#filled++] = places[i] as number;
  }

  get(list: number): Int32Array {
    const at = this.#starts[list] as number;
    const start = at % 2 ** 32;
    return (this.#chunks[Math.floor(at / 2 ** 32)] as Int32Array).subarray(
      start,
      start + (this.#lengths[list] as number),
    );
  }

  #define(list: number, start: number, length: number): void {
    if (list >= this.#lengths.length) {
      const [starts, lengths] = [this.#starts, this.#lengths];
      this.#starts = new Float64Array(2 * starts.length);
      this.#starts.set(starts);
      this.#lengths = new Int32Array(2 * lengths.length);
      this.#lengths.set(lengths);
    }
    this.#starts[list] = (this.#chunks.length - 1) * 2 ** 32 + start;
    this.#lengths[list] = length;
  }
}
