/** One start of k-means: where it stands after its last whole pass. A new one is made for each pass. */
export interface KmeansRun {
  /** From 0. */
  readonly restart: number;
  readonly iterations: number;
  /** `[clusters, width]`, counted from the mean of all frames. */
  readonly means: Float32Array;
  /** Frames that each mean has met in mini-batches; zeros otherwise. */
  readonly counts: Float64Array;
  /** Of the last pass; absent before the first. */
  readonly inertia?: number;
  readonly isConverged: boolean;
}

/** The best start that has ended. */
export interface FinishedRun {
  readonly restart: number;
  readonly iterations: number;
  readonly isConverged: boolean;
  /** As in `KmeansRun`. */
  readonly means: Float32Array;
  readonly inertia: number;
  readonly emptyCount: number;
}

/** How far a training is; plain data but for the frames. */
export interface TrainingStand {
  /** The mean of all kept frames, which they are counted from once training has begun, `[width]`. */
  readonly mean?: Float64Array;
  /** The start that goes on; absent between two of them. */
  readonly run?: KmeansRun;
  readonly finishedCount: number;
  readonly best?: FinishedRun;
}
