/**
 * How a recording is cut into windows. The cuts lie on one grid that starts with the recording, whatever the pieces in
 * which it is pushed: so each window is computed once, from the same samples, and the result never depends on the pieces.
 * All lengths are in samples of the token space.
 */
export interface WindowLayout {
  /** A recording is padded on the right with zeros to a multiple of this: the coarsest hop, or several of them. */
  readonly paddingSamples: number;
  /** What one run settles: the core of a window, a multiple of `paddingSamples`. */
  readonly windowSamples: number;
  /** What a run sees before and after its core, at least the receptive field; multiples of `paddingSamples`. */
  readonly contextBeforeSamples: number;
  readonly contextAfterSamples: number;
}

/** One window of a recording; all ends are multiples of `paddingSamples`. */
export interface Window {
  /** What the run sees: the core and its context, so far as they lie within the padded recording. */
  readonly startSample: number;
  readonly endSample: number;
  readonly coreStartSample: number;
  readonly coreEndSample: number;
  /** Whether the window starts (ends) inside of the recording, and not where the recording does. */
  readonly cutBefore: boolean;
  readonly cutAfter: boolean;
}

/** A layout whose window and contexts are rounded up to multiples of the padding. */
export function windowLayout(wanted: WindowLayout): WindowLayout {
  const { paddingSamples } = wanted;
  const roundUp = (samples: number): number => Math.ceil(samples / paddingSamples) * paddingSamples;
  return {
    paddingSamples,
    windowSamples: roundUp(Math.max(wanted.windowSamples, 1)),
    contextBeforeSamples: roundUp(wanted.contextBeforeSamples),
    contextAfterSamples: roundUp(wanted.contextAfterSamples),
  };
}

/** Between a sample and its tokens, or back, lies at most this much input: the window that it opens, and its context. */
export function windowLatencySamples({ windowSamples, contextAfterSamples }: WindowLayout): number {
  return windowSamples + contextAfterSamples;
}

export function paddedLength({ paddingSamples }: WindowLayout, sampleCount: number): number {
  return Math.ceil(sampleCount / paddingSamples) * paddingSamples;
}

/** Windows that can run when this much of a recording is there, and it may go on. */
export function settledWindows({ windowSamples, contextAfterSamples }: WindowLayout, sampleCount: number): number {
  return Math.max(0, Math.floor((sampleCount - contextAfterSamples) / windowSamples));
}

/** Windows of a recording that ends after this many samples. */
export function allWindows({ windowSamples }: WindowLayout, sampleCount: number): number {
  return Math.ceil(sampleCount / windowSamples);
}

/** Where the first sample lies that window `index` and those after it see. */
export function windowStart(layout: WindowLayout, index: number): number {
  return Math.max(0, index * layout.windowSamples - layout.contextBeforeSamples);
}

/** The windows from number `first` to before number `until`. @param endSample as of `windowAt` */
export function windowsFrom(layout: WindowLayout, first: number, until: number, endSample?: number): readonly Window[] {
  return Array.from({ length: Math.max(0, until - first) }, (_, i) => windowAt(layout, first + i, endSample));
}

/**
 * Window `index`, counted from 0.
 * @param endSample where the padded recording ends; absent while it may go on
 */
function windowAt(layout: WindowLayout, index: number, endSample: number = Number.POSITIVE_INFINITY): Window {
  const coreStartSample = index * layout.windowSamples;
  const coreEndSample = Math.min(coreStartSample + layout.windowSamples, endSample);
  const startSample = windowStart(layout, index);
  const fullEnd = coreStartSample + layout.windowSamples + layout.contextAfterSamples;
  return {
    startSample,
    endSample: Math.min(fullEnd, endSample),
    coreStartSample,
    coreEndSample,
    cutBefore: startSample > 0,
    cutAfter: fullEnd < endSample,
  };
}
