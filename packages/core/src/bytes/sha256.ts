/** Rounds of a block. */
const rounds = 64;

const { roundConstants, initialState } = constants();

/**
 * SHA-256 of some bytes, in lower-case hex. The one of browsers and of Node.js answers later, or not everywhere; this is
 * for ids that are needed at once, of some megabytes at most.
 * Source: FIPS 180-4.
 */
export function sha256(bytes: Uint8Array): string {
  const state = initialState.slice();
  const words = new Uint32Array(rounds);
  const wholeBlocks = bytes.byteLength - (bytes.byteLength % 64);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < wholeBlocks; at += 64) addBlock(state, words, view, at);
  // The rest, a one bit, zeros, and the length in bits.
  const left = bytes.byteLength - wholeBlocks;
  const tail = new Uint8Array(left + 9 <= 64 ? 64 : 128);
  tail.set(bytes.subarray(wholeBlocks));
  tail[left] = 0x80;
  const tailView = new DataView(tail.buffer);
  tailView.setBigUint64(tail.byteLength - 8, 8n * BigInt(bytes.byteLength));
  for (let at = 0; at < tail.byteLength; at += 64) addBlock(state, words, tailView, at);
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('');
}

function addBlock(state: Uint32Array, words: Uint32Array, view: DataView, at: number): void {
  for (let i = 0; i < 16; i++) words[i] = view.getUint32(at + 4 * i);
  for (let i = 16; i < rounds; i++) {
    const [early, late] = [words[i - 15] as number, words[i - 2] as number];
    const sigma0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const sigma1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    words[i] = (words[i - 16] as number) + sigma0 + (words[i - 7] as number) + sigma1;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let i = 0; i < rounds; i++) {
    const choice = (e & f) ^ (~e & g);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const first = (h + sum1 + choice + (roundConstants[i] as number) + (words[i] as number)) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + sum0 + majority) | 0;
  }
  const ends = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < ends.length; i++) state[i] = (state[i] as number) + (ends[i] as number);
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** The first 32 bits of the fractional parts of the cube roots, and of the square roots, of the first primes. */
function constants(): { readonly roundConstants: Uint32Array; readonly initialState: Uint32Array } {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < rounds; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return {
    roundConstants: Uint32Array.from(primes, (prime) => fractionBits(BigInt(prime), 3n)),
    initialState: Uint32Array.from(primes.slice(0, 8), (prime) => fractionBits(BigInt(prime), 2n)),
  };
}

/** In whole numbers: `Math.cbrt` may round differently from engine to engine. */
function fractionBits(value: bigint, degree: bigint): number {
  const scaled = value << (32n * degree);
  let root = 0n;
  for (let bit = 1n << 40n; bit > 0n; bit >>= 1n) if ((root + bit) ** degree <= scaled) root += bit;
  return Number(root & 0xffffffffn);
}
