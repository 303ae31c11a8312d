import type { PlainData } from '@speech-tokens/core';
import { invalidState } from '../invalid-state.ts';
import { restoredColumns, savedColumns } from './columns.ts';
import { checkFrameLayout, type FrameLayout, noId } from './frame-layout.ts';
import { invalidIds } from './layout-error.ts';

/** Frames in, steps out: each row is delayed by its own number of steps. */
export interface StepWriter {
  /**
   * Takes the next frame, and gives the step that it completes; with the first frame also the initial steps before.
   * @param frame an id for each stream, or `noId`: there the model chooses (see `fillChosen`), or nothing stands
   * @returns steps in order, one id for each stream; they belong to the caller
   * @throws SpeechTokensError `token-grid-invalid` where the frame is not as wide as the layout
   */
  push(frame: Int32Array): readonly Int32Array[];
  /** The steps in which delayed rows end, while the others hold their pad ids. None where there was no frame. */
  flush(): readonly Int32Array[];
  /** Where the writer stands. */
  saveState(): PlainData;
}

/** @throws SpeechTokensError `argument-invalid`, `session-state-invalid` */
export function createStepWriter(layout: FrameLayout, options: { readonly state?: PlainData } = {}): StepWriter {
  const { delays, maxDelay, initialSteps } = checkFrameLayout(layout);
  const { streams } = layout;
  const initial = Int32Array.from(streams, ({ initialId = noId }) => initialId);
  const pad = Int32Array.from(streams, ({ padId = noId }) => padId);
  let frameCount = 0;
  /** The last `maxDelay + 1` frames, the newest last. */
  let recent: Int32Array[] = [];
  if (options.state !== undefined) {
    const saved = restoredColumns(options.state, streams.length);
    if (saved === undefined || saved.columns.length !== Math.min(saved.count, maxDelay + 1)) {
      throw invalidState('a step writer');
    }
    frameCount = saved.count;
    recent = saved.columns;
  }
  /** The step of frame number `frame` where `recent` ends with frame `newest`. */
  const stepOf = (frame: number, newest: number): Int32Array =>
    initial.map((initialId, stream) => {
      const wanted = frame - (delays[stream] as number);
      if (wanted < 0) return initialId;
      if (wanted > newest) return pad[stream] as number;
      return (recent[recent.length - 1 - (newest - wanted)] as Int32Array)[stream] as number;
    });
  return {
    push(frame) {
      if (frame.length !== streams.length) {
        throw invalidIds('The frame is not as wide as the layout', `${frame.length} ids`, `${streams.length}`);
      }
      const before = frameCount > 0 ? [] : Array.from({ length: initialSteps }, () => initial.slice());
      recent = [...recent, frame.slice()].slice(-(maxDelay + 1));
      frameCount += 1;
      return [...before, stepOf(frameCount - 1, frameCount - 1)];
    },
    flush() {
      if (frameCount === 0) return [];
      const steps = Array.from({ length: maxDelay }, (_, index) => stepOf(frameCount + index, frameCount - 1));
      frameCount = 0;
      recent = [];
      return steps;
    },
    saveState: () => savedColumns(frameCount, recent),
  };
}

/**
 * Puts what a model chose for the rows with role `out` into the cells of a step that hold no id. Cells that hold one
 * (initial ids, a prompt, what the host forces) stay as they are.
 * @param chosen an id for each stream, as it was chosen at the step before; `noId` where none was
 */
export function fillChosen({ streams }: FrameLayout, step: Int32Array, chosen: Int32Array): void {
  for (const [stream, { role }] of streams.entries()) {
    if (role === 'out' && step[stream] === noId) step[stream] = chosen[stream] as number;
  }
}
