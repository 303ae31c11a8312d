import type { SeededRandom } from '../random/seeded-random.ts';

/** Where the pieces of an input end: ascending positions, the last of them its length. Equal ones are empty pieces. */
export type Chunking = readonly number[];

/**
 * Pieces of every awkward kind in random order: empty, one step, less than a period, a period, a little more, many
 * periods.
 * @param step pieces end at its multiples (the last excepted)
 */
export function randomChunking(length: number, step: number, period: number, random: SeededRandom): Chunking {
  const steps = Math.max(1, Math.round(period / step));
  const ends: number[] = [];
  let position = 0;
  while (position < length) {
    const kind = random.nextInteger(6);
    const sizes = [0, 1, 1 + random.nextInteger(steps), steps, steps + 1, random.nextInteger(4 * steps) + 1];
    position = Math.min(length, position + step * (sizes[kind] as number));
    ends.push(position);
  }
  ends.push(length);
  return ends;
}

/** Pieces of one size: a whole number of steps, and the rest. */
export function evenChunking(length: number, size: number): Chunking {
  const ends: number[] = [];
  for (let position = size; position < length; position += size) ends.push(position);
  ends.push(length);
  return ends;
}

/**
 * Plain pieces that end off the boundaries where they may: one period and one step each. What other checks use that
 * are not about chunk sizes.
 */
export function plainChunking(length: number, step: number, period: number): Chunking {
  return evenChunking(length, step * (Math.round(period / step) + 1));
}
