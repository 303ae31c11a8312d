import type { TensorValues } from '@speech-tokens/onnx-graph';

/** One stage at work on a stretch of frames. */
export interface StageRunner {
  /** The most frames of one run. */
  readonly framesPerRun: number;
  /** Values of one frame of its input. */
  readonly valuesPerFrame: number;
  /** Runs frames; they follow those of the run before. The last of a stream may be shorter, and gives whole results. */
  run(values: TensorValues): Promise<TensorValues>;
}

/**
 * Sends frames through stages, several runs at a time but never two of one stage: what one stage has done, the next works
 * on while the first goes on. The last stage that can run goes first, so that little is held in between.
 * @param concurrency the most runs at a time. With one, each waits for all the frames that it can take; with more, for half
 * of them, so that no stage idles for long at the start and at the end.
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
  /** What goes into each stage, and what comes out of the last: as much of it as is there. */
  const buffers: (TensorValues | undefined)[] = [values];
  let failure: { readonly error: unknown } | undefined;

  /** Frames that a stage can take now; 0 where it should wait for more. */
  const available = (stage: number): number => {
    const { framesPerRun } = runners[stage]!;
    const there = (stage === 0 ? frameCount : done[stage - 1]!) - done[stage]!;
    const enough = concurrency === 1 ? framesPerRun : Math.ceil(framesPerRun / 2);
    return there < Math.min(enough, frameCount - done[stage]!) ? 0 : Math.min(there, framesPerRun);
  };
  const run = async (stage: number, count: number): Promise<void> => {
    const { valuesPerFrame, run: runPiece } = runners[stage]!;
    const start = done[stage]!;
    const piece = await runPiece(
      buffers[stage]!.subarray(start * valuesPerFrame, (start + count) * valuesPerFrame) as TensorValues,
    );
    if (count === frameCount) buffers[stage + 1] = piece;
    else {
      const perFrame = piece.length / count;
      buffers[stage + 1] ??= likeValues(piece, frameCount * perFrame);
      buffers[stage + 1]!.set(piece, start * perFrame);
    }
    done[stage] = start + count;
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

function likeValues(values: TensorValues, length: number): TensorValues {
  return values instanceof Float32Array ? new Float32Array(length) : new Int32Array(length);
}
