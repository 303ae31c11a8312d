import { createSpectrogram, type Spectrogram } from '../spectrogram/spectrogram.ts';
import { lengthOf, type TimeRange } from '../time/time-range.ts';
import type { ViewContent } from './view-content.ts';

/** Longer stretches are drawn from the recording's own spectrogram. */
const mostSeconds = 60;

/** So long after the last change of range a closer picture is made: not in the middle of a movement. */
const restMilliseconds = 60;

/** A spectrogram of what is in view, where that shows more than the one of the recording. */
export interface SpectrogramDetail {
  /** The best picture of a range that there is now; a better one may be made, and is then told of. */
  best(range: TimeRange, columns: number): Spectrogram | undefined;
  close(): void;
}

/** @param onBetter a better picture is there */
export function createSpectrogramDetail(content: ViewContent, onBetter: () => void): SpectrogramDetail {
  const { sampleRateHz, sampleCount, spectrogram: whole } = content;
  let detail: Spectrogram | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const hopFor = (range: TimeRange, columns: number): number => lengthOf(range) / columns;
  const covers = ({ firstSample, sampleCount: count, hopSamples }: Spectrogram, range: TimeRange, columns: number) =>
    firstSample <= Math.max(0, range.startSample) &&
    firstSample + count >= Math.min(sampleCount, range.endSample) &&
    hopSamples <= Math.max(2 * hopFor(range, columns), sampleRateHz / 1000);
  const make = (range: TimeRange, columns: number): void => {
    // Half a window around, so that nothing is missing at the edges, and moving a little needs no new one.
    const margin = Math.round(lengthOf(range) / 4 + sampleRateHz * 0.05);
    const from = Math.max(0, Math.floor(range.startSample) - margin);
    const to = Math.min(sampleCount, Math.ceil(range.endSample) + margin);
    const samples = content.samplesIn?.(from, to);
    if (samples === undefined) return;
    const mostColumns = Math.ceil((columns * (to - from)) / lengthOf(range));
    const settings = { sampleRateHz, sampleCount: to - from, mostColumns, leastHopSeconds: 0.001, firstSample: from };
    const builder = createSpectrogram(settings);
    builder.push(samples);
    detail = builder.result();
    onBetter();
  };
  return {
    best(range, columns) {
      if (whole === undefined || covers(whole, range, columns)) return whole;
      if (content.samplesIn === undefined || lengthOf(range) > mostSeconds * sampleRateHz) return whole;
      if (detail !== undefined && covers(detail, range, columns)) return detail;
      clearTimeout(timer);
      timer = setTimeout(() => make(range, columns), restMilliseconds);
      return whole;
    },
    close: () => clearTimeout(timer),
  };
}
