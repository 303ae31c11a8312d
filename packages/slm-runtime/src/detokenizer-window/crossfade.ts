/**
 * Turns the start of `next` into a fade from `last` to `next`, over as many samples as both have. The two are the same
 * sound, decoded twice, so their amplitudes are mixed with a raised cosine and not their powers.
 */
export function crossfade(last: Float32Array, next: Float32Array): void {
  const length = Math.min(last.length, next.length);
  for (let sample = 0; sample < length; sample++) {
    const share = 0.5 - 0.5 * Math.cos((Math.PI * (sample + 1)) / (length + 1));
    next[sample] = (last[sample] as number) * (1 - share) + (next[sample] as number) * share;
  }
}
