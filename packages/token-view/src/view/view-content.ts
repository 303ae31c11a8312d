import type { Spectrogram } from '../spectrogram/spectrogram.ts';
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
  readonly groups: readonly LaneGroup[];
  /**
   * The samples of a stretch (whole, exclusive end, within the recording), where they are at hand: near enough, pictures are
   * made of them. `undefined` where they are not (yet).
   */
  samplesIn?(startSample: number, endSample: number): readonly Float32Array[] | undefined;
}
