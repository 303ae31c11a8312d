/** What is encoded at once, in log-mel frames; the kept units are numbered from the recording's start. Ends are exclusive. */
export interface S3Window {
  readonly startFrame: number;
  readonly endFrame: number;
  readonly keptStartUnit: number;
  readonly keptEndUnit: number;
}

/** 30 seconds of log-mel frames, of which four are shared with the window before. */
const windowFrames = 3_000;
const sharedFrames = 400;

/**
 * The windows of a recording: one where it has up to 30 seconds, else one every 26 seconds, in which the two seconds at a
 * seam are only seen. Source: xingchensong/S3Tokenizer, `s3tokenizer/model.py`, `_quantize_mixed_batch`, and `utils.py`,
 * `merge_tokenized_segments`. That code also begins a window where the one before has reached the end, and then loses up to
 * two seconds there; here the window before keeps them.
 * @param framesPerUnit a divisor of 200
 */
export function s3Windows(frameCount: number, framesPerUnit: number): readonly S3Window[] {
  const windows: S3Window[] = [];
  const strideFrames = windowFrames - sharedFrames;
  const unitCount = Math.ceil(frameCount / framesPerUnit);
  for (
    let start = 0;
    windows.length === 0 ? frameCount > 0 : start + sharedFrames < frameCount;
    start += strideFrames
  ) {
    const isLast = start + windowFrames >= frameCount;
    windows.push({
      startFrame: start,
      endFrame: Math.min(start + windowFrames, frameCount),
      keptStartUnit: windows.at(-1)?.keptEndUnit ?? 0,
      keptEndUnit: isLast ? unitCount : (start + windowFrames - sharedFrames / 2) / framesPerUnit,
    });
  }
  return windows;
}
