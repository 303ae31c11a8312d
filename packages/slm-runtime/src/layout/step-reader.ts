import type { PlainData } from '@speech-tokens/core';
import { invalidState } from '../invalid-state.ts';
import { restoredColumns, savedColumns } from './columns.ts';
import { checkFrameLayout, type FrameLayout, noId } from './frame-layout.ts';
import { invalidIds } from './layout-error.ts';

/** Steps in, frames out: the mirror of `StepWriter`. */
export interface StepReader {
  /**
   * Takes the next step, from the first initial one on, and gives the frame that it completes.
   * @returns an id for each stream, or `noId` where the step held none
   * @throws SpeechTokensError `token-grid-invalid` where the step is not as wide as the layout
   */
  push(step: Int32Array): readonly Int32Array[];
  /**
   * Ends the steps: frames of which some rows are missing, since their delay had not passed, with `noId` there. Frames
   * that hold nothing but pad ids, at the very end, are the tail of `StepWriter` and are left out.
   */
  flush(): readonly Int32Array[];
  /** Where the reader stands. */
  saveState(): PlainData;
}

/** @throws SpeechTokensError `argument-invalid`, `session-state-invalid` */
export function createStepReader(layout: FrameLayout, options: { readonly state?: PlainData } = {}): StepReader {
  const { delays, maxDelay, initialSteps } = checkFrameLayout(layout);
  const { streams } = layout;
  let stepCount = 0;
  /** The last `maxDelay + 1` steps, the newest last. */
  let recent: Int32Array[] = [];
  if (options.state !== undefined) {
    const saved = restoredColumns(options.state, streams.length);
    if (saved === undefined || saved.columns.length !== Math.min(saved.count, maxDelay + 1)) {
      throw invalidState('a step reader');
    }
    stepCount = saved.count;
    recent = saved.columns;
  }
  const frameOf = (frame: number): Int32Array =>
    Int32Array.from(delays, (delay, stream) => {
      const age = stepCount - 1 - (initialSteps + frame + delay);
      return age < 0 ? noId : ((recent[recent.length - 1 - age] as Int32Array)[stream] as number);
    });
  const isTail = (frame: Int32Array): boolean =>
    frame.every((id, stream) => id === noId || id === (streams[stream]?.padId ?? noId));
  return {
    push(step) {
      if (step.length !== streams.length) {
        throw invalidIds('The step is not as wide as the layout', `${step.length} ids`, `${streams.length}`);
      }
      recent = [...recent, step.slice()].slice(-(maxDelay + 1));
      stepCount += 1;
      const frame = stepCount - 1 - initialSteps - maxDelay;
      return frame < 0 ? [] : [frameOf(frame)];
    },
    flush() {
      const first = Math.max(0, stepCount - initialSteps - maxDelay);
      const count = Math.max(0, stepCount - initialSteps - first);
      const frames = Array.from({ length: count }, (_, index) => frameOf(first + index));
      while (frames.length > 0 && isTail(frames.at(-1) as Int32Array)) frames.pop();
      stepCount = 0;
      recent = [];
      return frames;
    },
    saveState: () => savedColumns(stepCount, recent),
  };
}
