import { type RandomState, restoreRandom, type SeededRandom } from '@speech-tokens/core';

/** Frames of one block, at most; a block is also what one run of the product takes at most. */
export const mostBlockFrames = 4096;
/** Values of one block, for frames of great width: 32 MiB. */
const blockValues = 2 ** 23;

export interface ReservoirShape {
  readonly width: number;
  readonly maxFrames: number;
}

/**
 * A fair sample of a stream of frames: after any number of them each is kept with the same chance. Memory grows with the
 * frames that are kept, a block at a time, and never beyond `maxFrames`.
 * Source: Vitter, Random Sampling with a Reservoir (1985), algorithm R.
 */
export class FrameReservoir {
  readonly width: number;
  readonly #maxFrames: number;
  readonly #random: SeededRandom;
  readonly #blockFrames: number;
  /** `[blockFrames, width]` each; the last one may not be filled. */
  readonly #blocks: Float32Array[] = [];
  #seenCount = 0;

  constructor({ width, maxFrames }: ReservoirShape, random: SeededRandom) {
    this.width = width;
    this.#maxFrames = maxFrames;
    this.#random = random;
    this.#blockFrames = Math.max(1, Math.min(mostBlockFrames, Math.floor(blockValues / width)));
  }

  /** Continues a sample of which `seenCount` frames had come; the kept ones are written through `blocks`. */
  static restore(shape: ReservoirShape, random: RandomState, seenCount: number): FrameReservoir {
    const reservoir = new FrameReservoir(shape, restoreRandom(random));
    reservoir.#seenCount = seenCount;
    while (reservoir.#blocks.length * reservoir.#blockFrames < reservoir.keptCount) reservoir.#grow();
    return reservoir;
  }

  /** Frames that came. */
  get seenCount(): number {
    return this.#seenCount;
  }

  get keptCount(): number {
    return Math.min(this.#seenCount, this.#maxFrames);
  }

  saveRandom(): RandomState {
    return this.#random.saveState();
  }

  /** @param frames `[frames, width]` */
  add(frames: Float32Array): void {
    const { width } = this;
    for (let at = 0; at < frames.length; at += width) {
      const index = this.#seenCount < this.#maxFrames ? this.#seenCount : this.#drawIndex(this.#seenCount + 1);
      this.#seenCount++;
      if (index >= this.#maxFrames) continue;
      if (index === this.#blocks.length * this.#blockFrames) this.#grow();
      this.frame(index).set(frames.subarray(at, at + width));
    }
  }

  /** A view of one frame, `[width]`. */
  frame(index: number): Float32Array {
    const at = (index % this.#blockFrames) * this.width;
    return this.#blocks[Math.floor(index / this.#blockFrames)]!.subarray(at, at + this.width);
  }

  /** Views of the kept frames, one after the other: `[rows, width]`, from frame `firstFrame` on. */
  *blocks(
    mostFrames: number = mostBlockFrames,
  ): Generator<{ readonly firstFrame: number; readonly values: Float32Array }> {
    const { width, keptCount } = this;
    const blockFrames = this.#blockFrames;
    for (let first = 0; first < keptCount; ) {
      const blockEnd = (Math.floor(first / blockFrames) + 1) * blockFrames;
      const end = Math.min(keptCount, blockEnd, first + mostFrames);
      const block = this.#blocks[Math.floor(first / blockFrames)]!;
      const at = (first % blockFrames) * width;
      yield { firstFrame: first, values: block.subarray(at, at + (end - first) * width) };
      first = end;
    }
  }

  #grow(): void {
    const rows = Math.min(this.#blockFrames, this.#maxFrames - this.#blocks.length * this.#blockFrames);
    this.#blocks.push(new Float32Array(rows * this.width));
  }

  /** From 0 to below the bound, which may pass the 2^32 of `nextInteger`: the bias is then below 2^-20. */
  #drawIndex(bound: number): number {
    return bound <= 2 ** 32 ? this.#random.nextInteger(bound) : Math.floor(this.#random.nextUnit() * bound);
  }
}
