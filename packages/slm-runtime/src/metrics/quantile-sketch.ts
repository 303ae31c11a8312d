/** Quantiles of many values in fixed memory. */
export interface QuantileSketch {
  /** @param value at least 0; values outside 0.001 to 1,000,000 count as the nearest of them */
  add(value: number): void;
  readonly count: number;
  /**
   * A value that is within 1 % of the one that so large a share of all values do not exceed; `undefined` of none.
   * @param share 0 to 1; 0.5 for the median
   */
  quantile(share: number): number | undefined;
}

const least = 1e-3;
const most = 1e6;
/** Each bucket's ends differ by 2 %: its middle is within 1 % of all in it (DDSketch, Masson et al. 2019). */
const growth = 1.01 / 0.99;
const bucketCount = Math.ceil(Math.log(most / least) / Math.log(growth)) + 1;

export function createQuantileSketch(): QuantileSketch {
  const counts = new Float64Array(bucketCount);
  let count = 0;
  return {
    add(value) {
      const bounded = Math.min(most, Math.max(least, value));
      const bucket = Math.min(bucketCount - 1, Math.ceil(Math.log(bounded / least) / Math.log(growth)));
      counts[bucket] = (counts[bucket] as number) + 1;
      count += 1;
    },
    get count() {
      return count;
    },
    quantile(share) {
      if (count === 0) return undefined;
      const wanted = Math.max(1, Math.ceil(share * count));
      let bucket = 0;
      for (let sum = counts[0] as number; sum < wanted; sum += counts[bucket] as number) bucket += 1;
      return (least * growth ** bucket * 2) / (growth + 1);
    },
  };
}
