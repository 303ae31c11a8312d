import type { TimeRange } from '../time/time-range.ts';

/**
 * Lowest and highest samples of ever longer blocks: level 0 of `baseSamples` samples each, every further level of `fanOut`
 * blocks of the one before. So any zoom is drawn from a few values a column. Plain data: it can be sent and stored.
 */
export interface PeakPyramid {
  readonly sampleCount: number;
  readonly baseSamples: number;
  readonly fanOut: number;
  /** `[blocks, 2]` for each level: lowest and highest in parts of full scale, −32767 … 32767. */
  readonly levels: readonly Int16Array[];
}

const fanOut = 4;

export interface PeakPyramidBuilder {
  /** Samples that follow those before; several channels give the lowest and highest of all. */
  push(channels: readonly Float32Array[]): void;
  /**
   * The finest blocks of another builder that follow those before, `[blocks, 2]`; only whole blocks may be followed by more.
   * @param sampleCount up to their end
   */
  pushBlocks(values: Int16Array, sampleCount: number): void;
  /** What there is so far. */
  result(): PeakPyramid;
}

/** Takes one pass, and two bytes for each `baseSamples` samples and a third more. */
export function createPeakPyramid(baseSamples = 64): PeakPyramidBuilder {
  let base = new Int16Array(2048);
  let [blocks, held, sampleCount] = [0, 0, 0];
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const store = (into: Int16Array): void => {
    into[2 * blocks] = quantized(low);
    into[2 * blocks + 1] = quantized(high);
  };
  const makeRoom = (count: number): void => {
    if (2 * (blocks + count) <= base.length) return;
    const longer = new Int16Array(Math.max(2 * base.length, 2 * (blocks + count)));
    longer.set(base);
    base = longer;
  };
  const settle = (): void => {
    makeRoom(1);
    store(base);
    blocks++;
    held = 0;
    [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  };
  return {
    push(channels) {
      const count = channels[0]?.length ?? 0;
      for (let i = 0; i < count; i++) {
        for (const channel of channels) {
          const value = channel[i]!;
          if (value < low) low = value;
          if (value > high) high = value;
        }
        if (++held === baseSamples) settle();
      }
      sampleCount += count;
    },
    pushBlocks(values, count) {
      makeRoom(values.length / 2);
      base.set(values, 2 * blocks);
      blocks += values.length / 2;
      sampleCount = count;
    },
    result() {
      const whole = new Int16Array(2 * (blocks + (held > 0 ? 1 : 0)));
      whole.set(base.subarray(0, 2 * blocks));
      if (held > 0) store(whole);
      const levels: Int16Array[] = [whole];
      while (levels.at(-1)!.length > 2 * fanOut) levels.push(coarser(levels.at(-1)!));
      return { sampleCount, baseSamples, fanOut, levels };
    },
  };
}

/**
 * Lowest and highest sample of each of `columnCount` equal parts of a range, `[columns, 2]` in [−1, 1]; NaN for parts
 * outside of the recording. Where a part is shorter than a block, it has the block's values.
 */
export function peaksIn(
  { levels, baseSamples, sampleCount }: PeakPyramid,
  startSample: number,
  endSample: number,
  columnCount: number,
): Float32Array {
  const perColumn = (endSample - startSample) / columnCount;
  let [level, blockSamples] = [0, baseSamples];
  while (level + 1 < levels.length && blockSamples * fanOut * 2 <= perColumn) {
    level++;
    blockSamples *= fanOut;
  }
  const values = levels[level]!;
  const blockCount = values.length / 2;
  const peaks = new Float32Array(2 * columnCount).fill(Number.NaN);
  for (let column = 0; column < columnCount; column++) {
    const from = startSample + column * perColumn;
    if (from + perColumn <= 0 || from >= sampleCount) continue;
    const first = Math.max(0, Math.floor(from / blockSamples));
    const end = Math.min(blockCount, Math.max(first + 1, Math.ceil((from + perColumn) / blockSamples)));
    let [low, high] = [32_767, -32_767];
    for (let block = first; block < end; block++) {
      low = Math.min(low, values[2 * block]!);
      high = Math.max(high, values[2 * block + 1]!);
    }
    peaks[2 * column] = low / 32_767;
    peaks[2 * column + 1] = high / 32_767;
  }
  return peaks;
}

/**
 * The same of samples themselves, which are there from `firstSample` on: for a zoom at which blocks are wider than columns.
 */
export function peaksOfSamples(
  channels: readonly Float32Array[],
  firstSample: number,
  { startSample, endSample }: TimeRange,
  columnCount: number,
): Float32Array {
  const perColumn = (endSample - startSample) / columnCount;
  const count = channels[0]?.length ?? 0;
  const peaks = new Float32Array(2 * columnCount).fill(Number.NaN);
  for (let column = 0; column < columnCount; column++) {
    const from = startSample + column * perColumn - firstSample;
    const first = Math.max(0, Math.floor(from));
    const end = Math.min(count, Math.max(first + 1, Math.ceil(from + perColumn)));
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const samples of channels) {
      for (let i = first; i < end; i++) {
        if (samples[i]! < low) low = samples[i]!;
        if (samples[i]! > high) high = samples[i]!;
      }
    }
    if (low > high) continue;
    peaks[2 * column] = Math.max(-1, low);
    peaks[2 * column + 1] = Math.min(1, high);
  }
  return peaks;
}

/**
 * Lowest and highest point of the curve through samples in each part, as above: for parts about as long as a sample, where a
 * part may have none of its own.
 */
export function peaksOfCurve(
  channels: readonly Float32Array[],
  firstSample: number,
  { startSample, endSample }: TimeRange,
  columnCount: number,
): Float32Array {
  const perColumn = (endSample - startSample) / columnCount;
  const last = (channels[0]?.length ?? 0) - 1;
  const peaks = new Float32Array(2 * columnCount).fill(Number.NaN);
  for (let column = 0; column < columnCount; column++) {
    const from = Math.max(0, startSample + column * perColumn - firstSample);
    const to = Math.min(last, startSample + (column + 1) * perColumn - firstSample);
    if (from > to) continue;
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const see = (value: number): void => {
      low = Math.min(low, value);
      high = Math.max(high, value);
    };
    for (const samples of channels) {
      for (const place of [from, to]) {
        const before = samples[Math.floor(place)]!;
        see(before + (samples[Math.ceil(place)]! - before) * (place % 1));
      }
      for (let i = Math.ceil(from); i <= to; i++) see(samples[i]!);
    }
    peaks[2 * column] = Math.max(-1, low);
    peaks[2 * column + 1] = Math.min(1, high);
  }
  return peaks;
}

/** The largest magnitude, 0 … 1; 0 of an empty recording. */
export function peakOf({ levels }: PeakPyramid): number {
  let most = 0;
  for (const value of levels.at(-1)!) most = Math.max(most, Math.abs(value));
  return most / 32_767;
}

function coarser(level: Int16Array): Int16Array {
  const blocks = Math.ceil(level.length / 2 / fanOut);
  const above = new Int16Array(2 * blocks);
  for (let block = 0; block < blocks; block++) {
    let [low, high] = [32_767, -32_767];
    for (let i = block * fanOut; i < Math.min((block + 1) * fanOut, level.length / 2); i++) {
      low = Math.min(low, level[2 * i]!);
      high = Math.max(high, level[2 * i + 1]!);
    }
    above[2 * block] = low;
    above[2 * block + 1] = high;
  }
  return above;
}

function quantized(value: number): number {
  return Number.isNaN(value) ? 0 : Math.round(Math.max(-1, Math.min(1, value)) * 32_767);
}
