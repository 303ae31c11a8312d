import { drawSamples } from '../draw/draw-samples.ts';
import { drawWaveform } from '../draw/draw-waveform.ts';
import { type PeakPyramid, peakOf, peaksIn, peaksOfCurve, peaksOfSamples } from '../waveform/peak-pyramid.ts';
import type { TrackSettings } from './track.ts';
import type { WaveformLane } from './waveform-lane.ts';

/** The magnitude that fills the height: what is quiet shows its shape too. */
export function fullHeightOf(peaks: PeakPyramid): number {
  return Math.max(peakOf(peaks), 0.01);
}

/** For example `peak −3.0 dB`: how quiet what fills the height is. */
export function loudnessText(peaks: PeakPyramid): string {
  const peak = peakOf(peaks);
  return peak === 0 ? 'silent' : `peak ${(20 * Math.log10(peak)).toFixed(1)} dB`;
}

/** Samples are joined by a line where they lie this far apart, in CSS pixels: a line through more of them takes too long. */
const linePixels = 3;

/** Paints the outline of a sound, and near enough, where samples can be told apart, the samples themselves. */
export function waveformPainter(
  { peaks, samplesIn }: Omit<WaveformLane, 'label'>,
  fullHeight: number,
): TrackSettings['paint'] {
  return (surface) => {
    const columns = Math.max(1, Math.round(surface.width * surface.scale));
    const { startSample, endSample } = surface.range;
    const from = Math.max(0, Math.floor(startSample) - 1);
    const to = Math.min(peaks.sampleCount, Math.ceil(endSample) + 2);
    const isNear = to - from < peaks.baseSamples * columns || to - from <= 2 * columns;
    const samples = from < to && isNear ? samplesIn?.(from, to) : undefined;
    const apart = surface.width / (endSample - startSample);
    if (samples === undefined) drawWaveform(surface, peaksIn(peaks, startSample, endSample, columns), fullHeight);
    else if (apart >= linePixels) drawSamples(surface, samples, from, fullHeight);
    else {
      const peaksOf = to - from <= 2 * columns ? peaksOfCurve : peaksOfSamples;
      drawWaveform(surface, peaksOf(samples, from, surface.range, columns), fullHeight);
    }
  };
}
