import type { FeatureNetwork, FrameClock } from '../network/feature-network.ts';

/**
 * How long recordings are cut for the layers, in which every frame sees every other: time and memory of one run grow with
 * the square of its frames.
 */
export interface FrameWindows {
  /** Recordings up to this many frames run as a whole. Longer ones run in windows of this many. */
  readonly wholeFrames: number;
  /** Frames on either side of a window that are only seen, except where the recording starts or ends. */
  readonly contextFrames: number;
  /** The fewest frames that one run sees; those after the end of the recording are of silence. 1 by default. */
  readonly minimumFrames?: number;
}

/** A minute as a whole, or windows of a minute of which ten seconds on either side are context. */
const wholeSeconds = 60;
const contextSeconds = 10;

/** The windows of a network: those of a minute, or of the frames that its positions were learnt for. */
export function windowsFor({
  clock,
  maximumFrames,
  minimumFrames,
}: Pick<FeatureNetwork, 'clock' | 'maximumFrames' | 'minimumFrames'>): FrameWindows {
  const most = Math.min(framesIn(clock, wholeSeconds), maximumFrames ?? Number.POSITIVE_INFINITY);
  const contextFrames = Math.min(framesIn(clock, contextSeconds), Math.floor(most / 6));
  return { wholeFrames: most, contextFrames, ...(minimumFrames === undefined ? {} : { minimumFrames }) };
}

function framesIn({ sampleRateHz, hopSamples }: FrameClock, seconds: number): number {
  return Math.max(1, Math.floor((seconds * sampleRateHz) / hopSamples));
}

/** One run: what it sees, and the frames in it that are kept. Ends are exclusive. */
export interface FrameWindow {
  readonly startFrame: number;
  readonly endFrame: number;
  readonly coreStartFrame: number;
  readonly coreEndFrame: number;
}

/**
 * The runs that cover a recording: their cores follow each other without a gap, on one grid from its start. Every run of a
 * long recording sees equally many frames, the first and the last ones too.
 */
export function frameWindows(
  { wholeFrames, contextFrames, minimumFrames = 1 }: FrameWindows,
  frameCount: number,
): readonly FrameWindow[] {
  if (frameCount === 0) return [];
  if (frameCount <= wholeFrames) {
    const endFrame = Math.max(frameCount, minimumFrames);
    return [{ startFrame: 0, endFrame, coreStartFrame: 0, coreEndFrame: frameCount }];
  }
  const coreFrames = wholeFrames - 2 * contextFrames;
  const windows: FrameWindow[] = [];
  for (let core = 0; core < frameCount; core += coreFrames) {
    const startFrame = Math.max(0, Math.min(core - contextFrames, frameCount - wholeFrames));
    windows.push({
      startFrame,
      endFrame: startFrame + wholeFrames,
      coreStartFrame: core,
      coreEndFrame: Math.min(core + coreFrames, frameCount),
    });
  }
  return windows;
}
