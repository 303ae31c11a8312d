/** The stretch of a recording that a picture shows, in seconds from its start. */
export interface TimeWindow {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** The time at the middle of slot `index` of `count` equal slots. */
export function middleOfSlot({ startSeconds, endSeconds }: TimeWindow, index: number, count: number): number {
  return startSeconds + ((endSeconds - startSeconds) * (index + 0.5)) / count;
}
