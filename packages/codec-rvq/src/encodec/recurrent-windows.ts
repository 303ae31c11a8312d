import { joined, type PlainData } from '@speech-tokens/core';
import type { GraphSession, GraphState, TensorValues } from '@speech-tokens/onnx-graph';
import type { Reach } from './reach.ts';

/** The three graphs of one side, see `RecurrentGraphs`, and how they are cut into windows. */
export interface RecurrentStages {
  readonly first: GraphSession;
  readonly recurrent: GraphSession;
  readonly last: GraphSession;
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
    while (this.#windowsDone < until) {
      onWindow(settled);
      const isLast = isEnd && this.#windowsDone + 1 === until;
      values.push(await this.#runWindow(available, firstSeen, isEnd ? endFrame : Number.POSITIVE_INFINITY, isLast));
      settled = isLast ? endFrame : this.#settledFrames();
    }
    if (settled > firstFrame) onWindow(settled);
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
  #lstmFrame(): number {
    const { windowFrames, lastReach } = this.#stages;
    return this.#windowsDone === 0 ? 0 : this.#windowsDone * windowFrames + lastReach.after;
  }

  /** The first frame whose input the next window sees. */
  #firstSeenFrame(): number {
    return Math.max(0, this.#lstmFrame() - this.#stages.firstReach.before);
  }

  /** The first frame whose features the last stage still needs. */
  #firstHeldFrame(): number {
    return Math.max(0, this.#settledFrames() - this.#stages.lastReach.before);
  }

  /** Frames whose output is settled by the windows so far. */
  #settledFrames(): number {
    return this.#windowsDone * this.#stages.windowFrames;
  }

  /** @returns the output of the frames that the window settles */
  async #runWindow(input: TensorValues, inputStart: number, endFrame: number, isLast: boolean): Promise<TensorValues> {
    const { first, recurrent, last, featureWidth, inputWidth, outputWidth } = this.#stages;
    const [start, heldStart, settledStart] = [this.#firstSeenFrame(), this.#firstHeldFrame(), this.#settledFrames()];
    const coreStart = this.#lstmFrame();
    const fullEnd = (this.#windowsDone + 1) * this.#stages.windowFrames + this.#stages.lastReach.after;
    const coreEnd = Math.min(fullEnd, endFrame);
    const seenEnd = fullEnd + this.#stages.firstReach.after;
    const seen = input.subarray((start - inputStart) * inputWidth, (seenEnd - inputStart) * inputWidth);
    const shape = this.#stages.hasInputRows ? [seen.length / inputWidth, inputWidth] : [seen.length];
    const { features: found } = await first.run({ input: { values: seen, shape } }, first.createState());
    const core = found!.subarray((coreStart - start) * featureWidth, (coreEnd - start) * featureWidth);
    const rows = (values: TensorValues) => ({ values, shape: [values.length / featureWidth, featureWidth] });
    const { remembered } = await recurrent.run({ features: rows(core) }, this.#state);
    const available = joined([this.#features, remembered as Float32Array]);
    const { output } = await last.run({ features: rows(available) }, last.createState());
    this.#windowsDone++;
    this.#features = available.slice((this.#firstHeldFrame() - heldStart) * featureWidth);
    const settledEnd = isLast ? coreEnd : this.#settledFrames();
    return output!.slice((settledStart - heldStart) * outputWidth, (settledEnd - heldStart) * outputWidth);
  }
}
