/** A repeatable source of random numbers. Each stream of work owns one: there is no global seed. */
export interface SeededRandom {
  /** An integer in [0, 2^32). */
  nextUint32(): number;
  /** A number in [0, 1) with 53 random bits. */
  nextUnit(): number;
  /** An integer in [0, bound), without bias; 1 ≤ bound ≤ 2^32. */
  nextInteger(bound: number): number;
  /** Standard normal. */
  nextGaussian(): number;
  /** An independent source, the same for the same label, whatever was drawn before. */
  fork(label: string): SeededRandom;
  /** Plain data from which `restoreRandom` continues. */
  saveState(): RandomState;
}

export interface RandomState {
  readonly seed: string;
  /** The four words of the generator. */
  readonly words: readonly [number, number, number, number];
}

/** A source seeded by a text or a number: equal seeds give equal sequences, on every machine. */
export function createRandom(seed: string | number): SeededRandom {
  const text = String(seed);
  const words = hashToWords(text);
  const random = restoreRandom({ seed: text, words });
  for (let i = 0; i < 12; i++) random.nextUint32();
  return random;
}

/** A source that continues where a saved one stood. */
export function restoreRandom(state: RandomState): SeededRandom {
  let [a, b, c, counter] = state.words;
  // sfc32 of PractRand (Chris Doty-Humphrey): 128 bits of state, passes its battery.
  const nextUint32 = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  const nextUnit = (): number => (nextUint32() >>> 5) * 2 ** -27 + (nextUint32() >>> 6) * 2 ** -53;
  return {
    nextUint32,
    nextUnit,
    nextInteger(bound) {
      if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
        throw new RangeError(`bound must be an integer in [1, 2^32], not ${bound}`);
      }
      const limit = 2 ** 32 - (2 ** 32 % bound);
      let value = nextUint32();
      while (value >= limit) value = nextUint32();
      return value % bound;
    },
    nextGaussian() {
      const radius = Math.sqrt(-2 * Math.log(1 - nextUnit()));
      return radius * Math.cos(2 * Math.PI * nextUnit());
    },
    fork: (label) => createRandom(`${state.seed}\u0000${label}`),
    saveState: () => ({ seed: state.seed, words: [a, b, c, counter] }),
  };
}

/** Four well-mixed words of a text (MurmurHash3's mixing over UTF-16 units, once a word). */
function hashToWords(text: string): [number, number, number, number] {
  const word = (salt: number): number => {
    let hash = salt;
    for (let i = 0; i < text.length; i++) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 0xcc9e2d51);
      hash = Math.imul((hash << 15) | (hash >>> 17), 0x1b873593);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) | 0;
  };
  return [word(0x9e3779b9 | 0), word(0x243f6a88), word(0xb7e15162 | 0), 1];
}
