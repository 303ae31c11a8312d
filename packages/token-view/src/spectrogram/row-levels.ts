import { binsOfRows, type FrequencyScale } from './frequency-scale.ts';
import type { Spectrogram } from './spectrogram.ts';

/** A spectrogram at the height of a picture. */
export interface RowLevels {
  readonly scale: FrequencyScale;
  readonly rowCount: number;
  readonly columnCount: number;
  /** `[rows, columns]`, the highest frequencies first: the loudest of the bins that a row shows. */
  readonly levels: Uint8Array;
}

const kept = new WeakMap<Spectrogram, RowLevels>();

/** The last one of each spectrogram is kept: pictures move along time far more often than their height or scale changes. */
export function rowLevelsOf(spectrogram: Spectrogram, rowCount: number, scale: FrequencyScale): RowLevels {
  const before = kept.get(spectrogram);
  if (before?.rowCount === rowCount && before.scale === scale) return before;
  const { levels: ofBins, binCount, sampleRateHz } = spectrogram;
  const columnCount = ofBins.length / binCount;
  const levels = new Uint8Array(rowCount * columnCount);
  for (const [row, [low, high]] of binsOfRows(rowCount, binCount, scale, sampleRateHz).entries()) {
    for (let column = 0; column < columnCount; column++) {
      let level = 0;
      const end = column * binCount + high;
      for (let at = column * binCount + low; at < end; at++) if (ofBins[at]! > level) level = ofBins[at]!;
      levels[row * columnCount + column] = level;
    }
  }
  const made = { scale, rowCount, columnCount, levels };
  kept.set(spectrogram, made);
  return made;
}
