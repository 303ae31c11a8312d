import { createLogMelAnalyzer, type LogMelSettings, speechLogMel } from '../signal/log-mel.ts';
import { requireEqualLengths } from './equal-lengths.ts';

/** How far apart two signals are in their log-mel energies, all frames and bands pooled. */
export interface LogMelDifference {
  /** Pearson correlation, in [-1, 1], higher is better; `undefined` where one side does not vary. */
  readonly correlation: number | undefined;
  /** Root mean square difference in dB, lower is better. */
  readonly distanceDb: number;
  readonly frameCount: number;
}

/** Compares two streams by sums: memory does not grow. */
export interface LogMelMeter {
  /** Gives the next samples of both, as many of one as of the other. */
  push(reference: Float32Array, estimate: Float32Array): void;
  /** Ends both streams. Signals shorter than one window are filled up with zeros to one. */
  finish(): LogMelDifference;
}

/** Both signals at the rate of the settings, 16 kHz by default. */
export function createLogMelMeter(settings: LogMelSettings = speechLogMel): LogMelMeter {
  const referenceAnalyzer = createLogMelAnalyzer(settings);
  const estimateAnalyzer = createLogMelAnalyzer(settings);
  // Energies of the reference whose counterpart has not come yet: at most those of one push.
  const waiting: Float64Array[] = [];
  const sums = createPairSums();
  let frameCount = 0;
  const hold = (energies: Float64Array): void => {
    waiting.push(energies.slice());
  };
  let next = 0;
  const pair = (energies: Float64Array): void => {
    sums.add(waiting[next++]!, energies);
    frameCount++;
  };
  const settle = (): void => {
    waiting.length = 0;
    next = 0;
  };
  return {
    push(reference, estimate) {
      requireEqualLengths(reference, estimate);
      referenceAnalyzer.push(reference, hold);
      estimateAnalyzer.push(estimate, pair);
      settle();
    },
    finish() {
      referenceAnalyzer.flush(hold);
      estimateAnalyzer.flush(pair);
      settle();
      const { correlation, meanSquaredDifference } = sums.result();
      return { correlation, distanceDb: (Math.sqrt(meanSquaredDifference) * 10) / Math.LN10, frameCount };
    },
  };
}

interface PairSums {
  add(a: Float64Array, b: Float64Array): void;
  result(): { readonly correlation: number | undefined; readonly meanSquaredDifference: number };
}

/** Running means and co-moments (Welford's update), stable however long the stream. */
function createPairSums(): PairSums {
  let count = 0;
  let [meanA, meanB] = [0, 0];
  let [squareA, squareB, product, squaredDifference] = [0, 0, 0, 0];
  return {
    add(a, b) {
      for (let i = 0; i < a.length; i++) {
        const valueA = a[i]!;
        const valueB = b[i]!;
        count++;
        const fromA = valueA - meanA;
        const fromB = valueB - meanB;
        meanA += fromA / count;
        meanB += fromB / count;
        squareA += fromA * (valueA - meanA);
        squareB += fromB * (valueB - meanB);
        product += fromA * (valueB - meanB);
        squaredDifference += (valueA - valueB) ** 2;
      }
    },
    result() {
      const spread = Math.sqrt(squareA) * Math.sqrt(squareB);
      return {
        correlation: spread > 0 ? Math.max(-1, Math.min(1, product / spread)) : undefined,
        meanSquaredDifference: squaredDifference / count,
      };
    },
  };
}
