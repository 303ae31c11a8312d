import type { Spectrogram } from '../spectrogram/spectrogram.ts';
import type { TimeRange } from '../time/time-range.ts';
import type { PeakPyramid } from '../waveform/peak-pyramid.ts';
import type { LaneGroup } from './view-state.ts';

/** What a view shows. */
export interface ViewContent {
  /** Of the recording; the time axis and all samples of a view are at this rate. */
  readonly sampleRateHz: number;
  readonly sampleCount: number;
  /** Absent where there are only tokens. */
  readonly peaks?: PeakPyramid;
  readonly spectrogram?: Spectrogram;
  /** A lane may grow: its ids are read anew at each drawing. */
  readonly groups: readonly LaneGroup[];
  /**
   * The samples of a stretch (whole, exclusive end, within the recording), where they are at hand: near enough, pictures are
   * made of them. `undefined` where they are not (yet). They are looked at before the next ones are asked for.
   */
  samplesIn?(startSample: number, endSample: number): readonly Float32Array[] | undefined;
  /**
   * Closer spectrograms of parts of a range, as far as they are at hand, which are drawn over that of the recording. Where it is
   * absent, they are made of `samplesIn`. Asked at every drawing; when more have come, the view is to be drawn again.
   * @param columns in which the range is drawn
   */
  spectrogramsIn?(range: TimeRange, columns: number): readonly Spectrogram[];
}
