import { type CallOptions, createRandom, SpeechTokensError } from '@speech-tokens/core';
import type { RuntimeOptions } from '@speech-tokens/onnx-graph';
import type { Centroids } from '../centroids/centroids.ts';
import { assignFrames } from './assign-frames.ts';
import { type DistanceProduct, meanSet, openDistanceProduct } from './distance-product.ts';
import { FrameReservoir } from './frame-reservoir.ts';
import { type CheckedKmeansOptions, checkKmeansOptions, type KmeansOptions } from './kmeans-options.ts';
import type { FinishedRun, KmeansRun, TrainingStand } from './kmeans-run.ts';
import { readKmeansState, writeKmeansState } from './kmeans-state.ts';
import { batchPass, lloydPass } from './refine-means.ts';
import { emptyClusters } from './relocate-empty.ts';
import { seedMeans } from './seed-means.ts';

/** What a pass over the kept frames came to. */
export interface KmeansPass {
  /** Which start, from 0. */
  readonly restart: number;
  /** Passes of this start, this one included. */
  readonly iterations: number;
  /** Of the centroids before the pass; with mini-batches of those that each frame met. */
  readonly inertia: number;
}

export interface KmeansFitOptions extends RuntimeOptions, CallOptions {
  /** Called after each pass, and waited for: a state that is saved in it continues from there. */
  readonly onPass?: (pass: KmeansPass) => void | Promise<void>;
}

export interface KmeansFit {
  readonly centroids: Centroids;
  /** The sum of the squared distances of the kept frames from their centroids. */
  readonly inertia: number;
  /** Frames that were clustered. */
  readonly frameCount: number;
  /** Frames that came, of which these are a sample. */
  readonly seenFrameCount: number;
  readonly iterations: number;
  /** Which start was the best, from 0. */
  readonly restart: number;
  /** False where the best start was ended by `maxIterations`. */
  readonly isConverged: boolean;
  /** Centroids that no frame is nearest to: there were fewer distinct frames than clusters. */
  readonly emptyCount: number;
}

/** Gathers features and clusters them, in bounded memory. */
export interface KmeansTrainer {
  readonly options: Required<Omit<KmeansOptions, 'batchFrames'>> & { readonly batchFrames: number };
  readonly seenFrameCount: number;
  readonly keptFrameCount: number;
  /**
   * Takes the frames of a recording.
   * @param frames `[frames, width]`, row by row
   * @throws SpeechTokensError `argument-invalid` for other lengths and values that are not finite; `session-closed` once
   *   `fit` was called
   */
  add(frames: Float32Array): void;
  /**
   * Clusters the frames. After an abort or a failure a further call goes on after the last whole pass, and ends with the
   * same centroids.
   * @throws SpeechTokensError `argument-invalid` where there are fewer frames than clusters; `inference-unavailable`
   */
  fit(options?: KmeansFitOptions): Promise<KmeansFit>;
  /**
   * Writes everything to a file from which `resumeKmeansTrainer` continues: the kept frames, and where the training
   * stands. It appears when it is whole.
   * @param notes for the caller, given back by `resumeKmeansTrainer`
   * @throws SpeechTokensError `file-write`
   */
  saveState(path: string, notes?: Readonly<Record<string, string>>): Promise<void>;
}

/** @throws SpeechTokensError `argument-invalid` that names the option */
export function createKmeansTrainer(options: KmeansOptions): KmeansTrainer {
  const checked = checkKmeansOptions(options);
  const reservoir = new FrameReservoir(checked, createRandom(checked.seed).fork('reservoir'));
  return new Trainer(checked, reservoir, { finishedCount: 0 });
}

/**
 * Continues a training from a file of `saveState`, bit for bit as if it had not been interrupted.
 * @throws SpeechTokensError `file-read`; `checkpoint-invalid` where it is no such file
 */
export async function resumeKmeansTrainer(
  path: string,
  options: Pick<CallOptions, 'signal'> = {},
): Promise<{ readonly trainer: KmeansTrainer; readonly notes: Readonly<Record<string, string>> }> {
  const { options: checked, reservoir, stand, notes } = await readKmeansState(path, options.signal);
  return { trainer: new Trainer(checked, reservoir, stand), notes };
}

type Undefinable<Options> = { readonly [Name in keyof Options]: Options[Name] | undefined };

class Trainer implements KmeansTrainer {
  readonly options: CheckedKmeansOptions;
  readonly #reservoir: FrameReservoir;
  #stand: TrainingStand;
  #isFitting = false;

  constructor(options: CheckedKmeansOptions, reservoir: FrameReservoir, stand: TrainingStand) {
    this.options = options;
    this.#reservoir = reservoir;
    this.#stand = stand;
  }

  get seenFrameCount(): number {
    return this.#reservoir.seenCount;
  }

  get keptFrameCount(): number {
    return this.#reservoir.keptCount;
  }

  add(frames: Float32Array): void {
    if (this.#stand.mean !== undefined) {
      throw new SpeechTokensError('session-closed', {
        problem: 'The training takes no more frames',
        found: 'It has begun to cluster',
        remedy: 'Add all frames before fit, or train anew',
        details: {},
      });
    }
    checkFrames(frames, this.options.width);
    this.#reservoir.add(frames);
  }

  async fit({ onPass, signal, onProgress, ...runtime }: KmeansFitOptions = {}): Promise<KmeansFit> {
    signal?.throwIfAborted();
    this.#checkReady();
    this.#isFitting = true;
    let product: DistanceProduct | undefined;
    try {
      product = await openDistanceProduct(this.options.width, runtime);
      const mean = this.#stand.mean ?? centre(this.#reservoir);
      this.#stand = { ...this.#stand, mean };
      const leastShift = this.options.tolerance * meanVariance(this.#reservoir);
      while (this.#stand.finishedCount < this.options.restartCount) {
        let run = this.#stand.run ?? (await this.#start(product, { signal, onProgress }));
        while (!run.isConverged && run.iterations < this.options.maxIterations) {
          run = await this.#pass(product, run, leastShift, signal);
          this.#stand = { ...this.#stand, run };
          const { restart, iterations, inertia } = run;
          await onPass?.({ restart, iterations, inertia: inertia! });
          signal?.throwIfAborted();
        }
        this.#stand = await this.#finished(product, run, signal);
      }
      return this.#result(this.#stand.best!, mean);
    } finally {
      this.#isFitting = false;
      await product?.close();
    }
  }

  async saveState(path: string, notes: Readonly<Record<string, string>> = {}): Promise<void> {
    await writeKmeansState(path, { options: this.options, reservoir: this.#reservoir, stand: this.#stand, notes });
  }

  #checkReady(): void {
    const { keptCount } = this.#reservoir;
    const { clusterCount } = this.options;
    const fault = (problem: string, found: string, wanted: string, remedy: string): Error =>
      new SpeechTokensError('argument-invalid', { problem, found, wanted, remedy, details: { argument: 'frames' } });
    if (this.#isFitting)
      throw fault('The training runs already', 'a second call of fit', 'one at a time', 'Wait for it');
    if (keptCount >= clusterCount) return;
    throw fault(
      'There are too few frames for so many clusters',
      String(keptCount),
      `at least ${clusterCount}, better 200 for each cluster`,
      'Add more recordings, or ask for fewer clusters',
    );
  }

  async #start(
    product: DistanceProduct,
    { signal, onProgress }: Undefinable<Pick<CallOptions, 'signal' | 'onProgress'>>,
  ): Promise<KmeansRun> {
    const { clusterCount, seed } = this.options;
    const restart = this.#stand.finishedCount;
    const means = await seedMeans(this.#reservoir, product, {
      clusterCount,
      random: createRandom(seed).fork(`start ${restart}`),
      signal,
      onMean: (done) => onProgress?.({ stage: 'Choosing first centroids', done, total: clusterCount, unit: 'frames' }),
    });
    return { restart, iterations: 0, means, counts: new Float64Array(clusterCount), isConverged: false };
  }

  async #pass(
    product: DistanceProduct,
    run: KmeansRun,
    leastShift: number,
    signal: AbortSignal | undefined,
  ): Promise<KmeansRun> {
    const { batchFrames, seed, tolerance } = this.options;
    const iterations = run.iterations + 1;
    if (batchFrames === 0) {
      const { means, inertia, squaredShift } = await lloydPass(this.#reservoir, product, run.means, signal);
      return { ...run, iterations, means, inertia, isConverged: squaredShift <= leastShift };
    }
    const counts = run.counts.slice();
    const random = createRandom(seed).fork(`batches ${run.restart} ${iterations}`);
    const pass = { batchFrames, counts, random, signal };
    const { means, inertia } = await batchPass(this.#reservoir, product, run.means, pass);
    const isConverged = run.inertia !== undefined && run.inertia - inertia <= tolerance * run.inertia;
    return { ...run, iterations, means, counts, inertia, isConverged };
  }

  /** The inertia of the last means, which no pass has told yet; the better one of it and the best so far is kept. */
  async #finished(product: DistanceProduct, run: KmeansRun, signal: AbortSignal | undefined): Promise<TrainingStand> {
    const { restart, iterations, means, isConverged } = run;
    const set = meanSet(means, this.options.width);
    const { inertia, counts } = await assignFrames(this.#reservoir, product, set, signal);
    const emptyCount = emptyClusters(counts).length;
    const { run: _, best: bestBefore, ...stand } = this.#stand;
    const isBest = bestBefore === undefined || inertia < bestBefore.inertia;
    const best = isBest ? { restart, iterations, means, isConverged, inertia, emptyCount } : bestBefore;
    return { ...stand, finishedCount: stand.finishedCount + 1, best };
  }

  #result({ means, ...best }: FinishedRun, mean: Float64Array): KmeansFit {
    const { width, clusterCount: count } = this.options;
    const values = means.map((value, i) => value + mean[i % width]!);
    const { keptCount: frameCount, seenCount: seenFrameCount } = this.#reservoir;
    return { centroids: { values, count, width }, frameCount, seenFrameCount, ...best };
  }
}

function checkFrames(frames: Float32Array, width: number): void {
  const at = frames.findIndex((value) => !Number.isFinite(value));
  if (at < 0 && frames.length % width === 0) return;
  throw new SpeechTokensError('argument-invalid', {
    problem: 'These are no frames of features',
    found: at < 0 ? `${frames.length} values` : `${frames[at]} in frame ${Math.floor(at / width)}`,
    wanted: at < 0 ? `a multiple of ${width}, the width of a frame` : 'finite values',
    remedy: 'Give the values of the encoder, frame by frame',
    details: { argument: 'frames' },
  });
}

/** Counts all frames from their mean, so that products of large numbers lose no digits. Returns the mean. */
function centre(reservoir: FrameReservoir): Float64Array {
  const { width, keptCount } = reservoir;
  const mean = new Float64Array(width);
  for (const { values } of reservoir.blocks()) {
    for (let at = 0; at < values.length; at += width) for (let i = 0; i < width; i++) mean[i]! += values[at + i]!;
  }
  for (let i = 0; i < width; i++) mean[i]! /= keptCount;
  for (const { values } of reservoir.blocks()) {
    for (let at = 0; at < values.length; at += width) for (let i = 0; i < width; i++) values[at + i]! -= mean[i]!;
  }
  return mean;
}

/** Of the values of centred frames, as the mean over the width. */
function meanVariance(reservoir: FrameReservoir): number {
  let sum = 0;
  for (const { values } of reservoir.blocks()) for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum / (reservoir.keptCount * reservoir.width);
}
