/** Bits of a quantized weight. */
export type WeightBits = 4 | 8;

/** Values that share one scale. */
export const blockValues = 32;

/** A matrix `[out, in]` in blocks of 32 values of a row, each a scale and whole numbers around the middle of their range. */
export interface BlockMatrix {
  /** Of the tensor in its checkpoint. */
  readonly name: string;
  readonly bits: WeightBits;
  /** uint8 `[out, blocks, 32 · bits / 8]`; of 4 bits, the earlier of two values is the lower half of a byte. */
  readonly values: Uint8Array;
  /** `[out · blocks]` */
  readonly scales: Float32Array;
}

/**
 * Quantizes whole rows, of `blockValues` · n values each, into a place of a matrix.
 * The value of a block that is furthest from zero is met exactly: with 4 bits it is the one end of −8 to 7, whatever its
 * sign, as the other end is nearer to zero. Source of that choice: ggml-org/llama.cpp, `quantize_row_q4_0_ref`.
 */
export function quantizeBlocks(
  rows: Float32Array,
  { bits, values, scales }: Omit<BlockMatrix, 'name'>,
  firstBlock: number,
): void {
  const middle = 2 ** (bits - 1);
  const top = 2 ** bits - 1;
  const bytesPerBlock = (blockValues * bits) / 8;
  const blocks = rows.length / blockValues;
  for (let block = 0; block < blocks; block++) {
    const start = block * blockValues;
    let furthest = 0;
    let distance = 0;
    for (let i = start; i < start + blockValues; i++) {
      const value = rows[i]!;
      const size = value < 0 ? -value : value;
      if (size > distance) {
        distance = size;
        furthest = value;
      }
    }
    const scale = Math.fround(bits === 4 ? furthest / -middle : Math.abs(furthest) / (middle - 1));
    const inverse = scale === 0 ? 0 : 1 / scale;
    scales[firstBlock + block] = scale;
    const to = (firstBlock + block) * bytesPerBlock;
    // Sums are above zero, so that cutting them rounds them to the nearest.
    const half = middle + 0.5;
    if (bits === 8) {
      for (let i = 0; i < blockValues; i++) values[to + i] = (rows[start + i]! * inverse + half) | 0;
    } else {
      for (let i = 0; i < blockValues; i += 2) {
        const low = Math.min(top, (rows[start + i]! * inverse + half) | 0);
        const high = Math.min(top, (rows[start + i + 1]! * inverse + half) | 0);
        values[to + i / 2] = low | (high << 4);
      }
    }
  }
}
