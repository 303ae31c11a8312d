import type { TensorValues } from '@speech-tokens/onnx-graph';

/** One stage at work on a stretch of frames. */
export interface StageRunner {
  /** The most frames of one run. */
  readonly framesPerRun: number;
  /** Values of one frame of its input. */
  readonly valuesPerFrame: number;
  /** Values of one frame of its output. */
  readonly outputValuesPerFrame: number;
  /** Makes room for its output. */
  allocate(length: number): TensorValues;
  /** Runs frames; they follow those of the run before. The last of a stream may be shorter, and gives whole results. */
  run(values: TensorValues, output: TensorValues): Promise<void>;
}

/**
 * Sends frames through stages, several runs at a time but never two of one stage: what one stage has done, the next works
 * on while the first goes on. The last stage that can run goes first, so that little is held in between. A run waits for
 * all the frames that it can take: weights that do not stay in the cache are read once for each.
 * @param concurrency the most runs at a time
 * @returns what the last stage gives for all frames. Where a run fails, the others are waited for, then its error is
 * thrown.
 */
export function runStages(
  runners: readonly StageRunner[],
  values: TensorValues,
  concurrency: number,
): Promise<TensorValues> {
  const frameCount = Math.ceil(values.length / runners[0]!.valuesPerFrame);
  const busy = runners.map(() => false);
  /** Frames that have come out of each stage; what goes into the first is there from the start. */
  const done = runners.map(() => 0);
  /** What goes into each stage, and what comes out of the last. */
  const buffers = [values, ...runners.map((stage) => stage.allocate(frameCount * stage.outputValuesPerFrame))];
  let failure: { readonly error: unknown } | undefined;

  /** Frames that a stage can take now; 0 where it should wait for more. */
  const available = (stage: number): number => {
    const { framesPerRun } = runners[stage]!;
    const there = (stage === 0 ? frameCount : done[stage - 1]!) - done[stage]!;
    return there < Math.min(framesPerRun, frameCount - done[stage]!) ? 0 : Math.min(there, framesPerRun);
  };
  const run = async (stage: number, count: number): Promise<void> => {
    const { valuesPerFrame, outputValuesPerFrame, run: runFrames } = runners[stage]!;
    const [start, end] = [done[stage]!, done[stage]! + count];
    await runFrames(
      buffers[stage]!.subarray(start * valuesPerFrame, end * valuesPerFrame),
      buffers[stage + 1]!.subarray(start * outputValuesPerFrame, end * outputValuesPerFrame),
    );
    done[stage] = end;
  };

  return new Promise((resolve, reject) => {
    const schedule = (): void => {
      for (let stage = runners.length - 1; stage >= 0 && failure === undefined; stage--) {
        const count = busy[stage] ? 0 : available(stage);
        if (count === 0 || busy.filter(Boolean).length >= concurrency) continue;
        busy[stage] = true;
        run(stage, count)
          .catch((error: unknown) => {
            failure ??= { error };
          })
          .finally(() => {
            busy[stage] = false;
            schedule();
          });
      }
      if (busy.some(Boolean)) return;
      if (failure === undefined) resolve(buffers.at(-1)!);
      else reject(failure.error);
    };
    schedule();
  });
}
