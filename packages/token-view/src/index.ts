export { cssColour, heatColour, idColour, type LanePlace, type Rgb, textColourOn } from './colours/colours.ts';
export { type CodeUse, type HistogramOrder, histogramOrders, histogramText } from './histogram/code-histogram.ts';
export { lanesOf, type TokenLane, tokenAt, tokenStart, tokensIn, usesOf } from './lanes/lane.ts';
export { isStreamed, type Sound, type StreamedSound } from './player/sound.ts';
export { type FrequencyScale, frequencyScales } from './spectrogram/frequency-scale.ts';
export {
  createSpectrogram,
  type Spectrogram,
  type SpectrogramBuilder,
  type SpectrogramSettings,
} from './spectrogram/spectrogram.ts';
export type { TimeLimits, TimeRange } from './time/time-range.ts';
export { keyHelp } from './view/key-help.ts';
export { tokenViewCss } from './view/style.ts';
export type { ViewContent } from './view/view-content.ts';
export type { LaneGroup, LaneMuting, TokenPlace, ViewState } from './view/view-state.ts';
export type { WaveformLane } from './view/waveform-lane.ts';
export {
  createPeakPyramid,
  type PeakPyramid,
  type PeakPyramidBuilder,
  peakOf,
  peaksIn,
} from './waveform/peak-pyramid.ts';
