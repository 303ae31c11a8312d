import type { PeakPyramid } from '../waveform/peak-pyramid.ts';
import type { ViewContent } from './view-content.ts';

/** A sound on the time axis of a picture, at its rate, drawn as a curve. */
export interface WaveformLane {
  readonly label: string;
  readonly peaks: PeakPyramid;
  readonly samplesIn?: NonNullable<ViewContent['samplesIn']>;
}
