/** A stretch of a recording, in samples; the end is exclusive. Ends need not be whole: views zoom smoothly. */
export interface TimeRange {
  readonly startSample: number;
  readonly endSample: number;
}

/** What a view may show: from sample 0 to the end of the recording, and no less than some samples. */
export interface TimeLimits {
  readonly sampleCount: number;
  /** The closest zoom. */
  readonly leastSamples: number;
}

export function lengthOf({ startSample, endSample }: TimeRange): number {
  return endSample - startSample;
}

/** The range nearest to this one within the limits: shortened first, then moved. */
export function clampedRange(range: TimeRange, { sampleCount, leastSamples }: TimeLimits): TimeRange {
  const most = Math.max(sampleCount, 1);
  const length = Math.min(most, Math.max(Math.min(leastSamples, most), lengthOf(range)));
  const middle = (range.startSample + range.endSample) / 2;
  const wanted = lengthOf(range) === length ? range.startSample : middle - length / 2;
  const startSample = Math.min(Math.max(0, wanted), most - length);
  return { startSample, endSample: startSample + length };
}

/** Longer (factor > 1) or shorter, with one sample staying where it is in the picture. */
export function zoomedRange(range: TimeRange, factor: number, anchorSample: number, limits: TimeLimits): TimeRange {
  const most = Math.max(limits.sampleCount, 1);
  const length = Math.min(most, Math.max(Math.min(limits.leastSamples, most), lengthOf(range) * factor));
  const place = (anchorSample - range.startSample) / lengthOf(range);
  const startSample = anchorSample - place * length;
  return clampedRange({ startSample, endSample: startSample + length }, limits);
}

export function movedRange(range: TimeRange, bySamples: number, limits: TimeLimits): TimeRange {
  return clampedRange({ startSample: range.startSample + bySamples, endSample: range.endSample + bySamples }, limits);
}

/** Moved no further than needed to show a sample, with a tenth of the range around it. */
export function rangeShowing(range: TimeRange, sample: number, limits: TimeLimits): TimeRange {
  const margin = lengthOf(range) / 10;
  if (sample < range.startSample + margin) return movedRange(range, sample - margin - range.startSample, limits);
  if (sample > range.endSample - margin) return movedRange(range, sample + margin - range.endSample, limits);
  return range;
}
