import { joined, type PlainData } from '@speech-tokens/core';
import type { GraphSession, GraphState, TensorInput, TensorValues } from '@speech-tokens/onnx-graph';
import type { GraphReplicas } from '../parallel/graph-replicas.ts';
import { inOrder } from '../parallel/in-order.ts';
import type { Reach } from './reach.ts';

/** The three graphs of one side, see `RecurrentGraphs`, and how they are cut into windows. */
export interface RecurrentStages {
  readonly first: GraphReplicas;
  readonly recurrent: GraphSession;
  readonly last: GraphReplicas;
  /** Frames around a window that the stages before and after the LSTM depend on; `after` at least 1. */
  readonly firstReach: Reach;
  readonly lastReach: Reach;
  /** Frames that each run settles; more than all reaches together. */
  readonly windowFrames: number;
  /** Values of one frame: of the input, of the features, and of the output. */
  readonly inputWidth: number;
  readonly featureWidth: number;
  readonly outputWidth: number;
  /** Whether the input's frames are rows `[frames, inputWidth]`, and not one run of samples. */
  readonly hasInputRows: boolean;
}

/** What a run of windows settled: the output of whole frames. */
export interface SettledFrames {
  readonly firstFrame: number;
  readonly values: readonly TensorValues[];
  readonly frameCount: number;
}

/**
 * Runs a recording window by window through the three stages. Windows lie on one grid from the start of the recording, so
 * that results do not depend on the pieces in which it is pushed: window w settles the output of frames w · N to
 * (w + 1) · N. For that the LSTM goes on to as many frames later as the last stage looks ahead, and the first stage sees
 * its reach beyond them.
 */
export class RecurrentWindows {
  readonly #stages: RecurrentStages;
  readonly #state: GraphState;
  #windowsDone = 0;
  /** Input from the first frame on that the next window sees. */
  #input: TensorValues;
  readonly #noInput: TensorValues;
  /** Features behind the LSTM that the last stage still needs, up to the start of the next window. */
  #features: Float32Array = new Float32Array(0);

  constructor(stages: RecurrentStages, noInput: TensorValues) {
    this.#stages = stages;
    this.#state = stages.recurrent.createState();
    this.#noInput = noInput;
    this.#input = noInput;
  }

  /** Input held, in values. */
  get heldLength(): number {
    return this.#input.length;
  }

  /**
   * Adds input and runs the windows that are settled by it; at the end of the recording all that are left.
   * @param onWindow before each window and after the last, with the frames settled so far
   */
  async push(
    input: TensorValues,
    isEnd: boolean,
    onWindow: (framesSettled: number) => void,
  ): Promise<SettledFrames | undefined> {
    const { windowFrames, firstReach, lastReach, inputWidth } = this.#stages;
    const available = joined([this.#input, input] as Float32Array[]) as TensorValues;
    const firstSeen = this.#firstSeenFrame();
    const endFrame = firstSeen + Math.ceil(available.length / inputWidth);
    const wholeFrames = firstSeen + Math.floor(available.length / inputWidth);
    const until = isEnd
      ? Math.min(endFrame, Math.max(1, Math.ceil((endFrame - lastReach.after) / windowFrames)))
      : Math.floor((wholeFrames - firstReach.after - lastReach.after) / windowFrames);
    const values: TensorValues[] = [];
    const firstFrame = this.#settledFrames();
    let settled = firstFrame;
    if (until > this.#windowsDone) onWindow(settled);
    const windows = Array.from({ length: Math.max(0, until - this.#windowsDone) }, (_, i) =>
      this.#windowAt(
        this.#windowsDone + i,
        isEnd ? endFrame : Number.POSITIVE_INFINITY,
        isEnd && this.#windowsDone + i + 1 === until,
      ),
    );
    const seen = { input: available, firstFrame: firstSeen };
    const finish = (window: RememberedWindow) => this.#finish(window);
    for await (const { item, result } of inOrder(this.#remember(windows, seen), this.#stages.last.atOnce, finish)) {
      values.push(result);
      settled = item.settledEnd;
      onWindow(settled);
    }
    this.#input = available.slice((this.#firstSeenFrame() - firstSeen) * inputWidth);
    return settled > firstFrame ? { firstFrame, values, frameCount: settled - firstFrame } : undefined;
  }

  reset(): void {
    this.#state.reset();
    this.#windowsDone = 0;
    this.#input = this.#noInput;
    this.#features = new Float32Array(0);
  }

  save(): PlainData {
    return {
      network: this.#state.save(),
      windowsDone: this.#windowsDone,
      input: this.#input.slice(),
      features: this.#features.slice(),
    };
  }

  /** @param isInput whether saved input is what the first stage takes */
  restore(data: PlainData | undefined, isInput: (values: PlainData | undefined) => boolean): boolean {
    const { network, windowsDone, input, features } = (data ?? {}) as Record<string, PlainData>;
    if (!Number.isSafeInteger(windowsDone) || (windowsDone as number) < 0 || !isInput(input)) return false;
    if (!(features instanceof Float32Array)) return false;
    const [before, held] = [this.#windowsDone, features.length / this.#stages.featureWidth];
    this.#windowsDone = windowsDone as number;
    const fits = held === this.#lstmFrame() - this.#firstHeldFrame();
    if (!fits || this.#state.restore(network) !== undefined) {
      this.#windowsDone = before;
      return false;
    }
    this.#input = (input as TensorValues).slice();
    this.#features = features.slice();
    return true;
  }

  /** Frames that went through the LSTM. */
  #lstmFrame(windowsDone = this.#windowsDone): number {
    const { windowFrames, lastReach } = this.#stages;
    return windowsDone === 0 ? 0 : windowsDone * windowFrames + lastReach.after;
  }

  /** The first frame whose input the next window sees. */
  #firstSeenFrame(windowsDone = this.#windowsDone): number {
    return Math.max(0, this.#lstmFrame(windowsDone) - this.#stages.firstReach.before);
  }

  /** The first frame whose features the last stage still needs. */
  #firstHeldFrame(windowsDone = this.#windowsDone): number {
    return Math.max(0, this.#settledFrames(windowsDone) - this.#stages.lastReach.before);
  }

  /** Frames whose output is settled by the windows so far. */
  #settledFrames(windowsDone = this.#windowsDone): number {
    return windowsDone * this.#stages.windowFrames;
  }

  #windowAt(index: number, endFrame: number, isLast: boolean): RecurrentWindow {
    const { windowFrames, firstReach, lastReach } = this.#stages;
    const fullEnd = (index + 1) * windowFrames + lastReach.after;
    const coreEnd = Math.min(fullEnd, endFrame);
    return {
      seenStart: this.#firstSeenFrame(index),
      seenEnd: fullEnd + firstReach.after,
      coreStart: this.#lstmFrame(index),
      coreEnd,
      heldStart: this.#firstHeldFrame(index),
      settledStart: this.#settledFrames(index),
      settledEnd: isLast ? coreEnd : this.#settledFrames(index + 1),
    };
  }

  /** Takes windows through the first stage, several at a time, and through the LSTM, one after another. */
  async *#remember(
    windows: readonly RecurrentWindow[],
    { input, firstFrame }: { readonly input: TensorValues; readonly firstFrame: number },
  ): AsyncGenerator<RememberedWindow> {
    const { first, recurrent, featureWidth, inputWidth, hasInputRows } = this.#stages;
    const start = ({ seenStart, seenEnd }: RecurrentWindow) => {
      const values = input.subarray((seenStart - firstFrame) * inputWidth, (seenEnd - firstFrame) * inputWidth);
      return first.run({
        input: { values, shape: hasInputRows ? [values.length / inputWidth, inputWidth] : [values.length] },
      });
    };
    for await (const { item: window, result } of inOrder(windows, first.atOnce, start)) {
      const { seenStart, coreStart, coreEnd, heldStart } = window;
      const core = result['features']!.subarray(
        (coreStart - seenStart) * featureWidth,
        (coreEnd - seenStart) * featureWidth,
      );
      const { remembered } = await recurrent.run({ features: rowsOf(core, featureWidth) }, this.#state);
      const features = joined([this.#features, remembered as Float32Array]);
      this.#windowsDone++;
      this.#features = features.slice((this.#firstHeldFrame() - heldStart) * featureWidth);
      yield { ...window, features };
    }
  }

  /** @returns the output of the frames that a window settles */
  async #finish({ features, heldStart, settledStart, settledEnd }: RememberedWindow): Promise<TensorValues> {
    const { last, featureWidth, outputWidth } = this.#stages;
    const { output } = await last.run({ features: rowsOf(features, featureWidth) });
    return output!.slice((settledStart - heldStart) * outputWidth, (settledEnd - heldStart) * outputWidth);
  }
}

/** Frames of one window, counted from the start of the recording; ends are exclusive. */
interface RecurrentWindow {
  /** What the first stage sees. The input may end before. */
  readonly seenStart: number;
  readonly seenEnd: number;
  /** What goes through the LSTM. */
  readonly coreStart: number;
  readonly coreEnd: number;
  /** The first that the last stage sees; it goes on to the end of the core. */
  readonly heldStart: number;
  /** Those whose output the window settles. */
  readonly settledStart: number;
  readonly settledEnd: number;
}

/** A window after the LSTM, with all features `[frames, width]` that the last stage sees. */
interface RememberedWindow extends RecurrentWindow {
  readonly features: Float32Array;
}

function rowsOf(values: TensorValues, width: number): TensorInput {
  return { values, shape: [values.length / width, width] };
}
