/** Samples in, samples out, in order, in pieces of other lengths. */
export interface SampleQueue {
  length(): number;
  /** Keeps a copy. */
  add(samples: Float32Array): void;
  /** The first `count` samples, 0 ≤ count ≤ length. */
  take(count: number): Float32Array;
}

export function createSampleQueue(): SampleQueue {
  let held = new Float32Array(4096);
  let start = 0;
  let end = 0;
  return {
    length: () => end - start,
    add(samples) {
      const wanted = end - start + samples.length;
      if (end + samples.length > held.length) {
        const next = wanted > held.length / 2 ? new Float32Array(2 * wanted) : held;
        next.set(held.subarray(start, end));
        held = next;
        end -= start;
        start = 0;
      }
      held.set(samples, end);
      end += samples.length;
    },
    take(count) {
      const taken = held.slice(start, start + count);
      start += count;
      if (start === end) start = end = 0;
      return taken;
    },
  };
}
