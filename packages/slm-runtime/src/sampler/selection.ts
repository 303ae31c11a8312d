/**
 * The k largest of some scores as a heap with the least of them on top, so that most scores cost one comparison.
 * @param heap filled with them; k is its length, 1 or more
 * @returns the first score that is NaN or Infinity, if there is one: the heap then holds nothing of use
 */
export function selectLargest(scores: Float32Array, heap: Float32Array): number | undefined {
  const k = heap.length;
  if (k === 1) return keepGreatest(scores, heap);
  heap.set(scores.subarray(0, k));
  const odd = heap.find(isOdd);
  if (odd !== undefined) return odd;
  for (let place = (k >> 1) - 1; place >= 0; place--) sink(heap, place, heap[place] as number);
  raiseLeast(scores, heap);
  return heap.find(isOdd);
}

/** Without the heap's turns, which cost twice the time where only one is wanted. */
function keepGreatest(scores: Float32Array, heap: Float32Array): number | undefined {
  let greatest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index] as number;
    if (score <= greatest) continue;
    if (isOdd(score)) return score;
    greatest = score;
  }
  heap[0] = greatest;
  return undefined;
}

const isOdd = (score: number): boolean => !(score < Number.POSITIVE_INFINITY);

/** Lets the scores from the k-th on into the heap. */
function raiseLeast(scores: Float32Array, heap: Float32Array): void {
  let least = heap[0] as number;
  for (let index = heap.length; index < scores.length; index++) {
    const score = scores[index] as number;
    if (score <= least) continue;
    if (Number.isNaN(score)) {
      heap[0] = score;
      return;
    }
    sink(heap, 0, score);
    least = heap[0] as number;
  }
}

/** Puts a value into the heap, at a place or below it. */
function sink(heap: Float32Array, from: number, value: number): void {
  const k = heap.length;
  let place = from;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= k) break;
    if (child + 1 < k && (heap[child + 1] as number) < (heap[child] as number)) child += 1;
    if ((heap[child] as number) >= value) break;
    heap[place] = heap[child] as number;
    place = child;
  }
  heap[place] = value;
}
