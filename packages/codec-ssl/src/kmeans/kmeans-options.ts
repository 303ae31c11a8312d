import { SpeechTokensError } from '@speech-tokens/core';

export interface KmeansOptions {
  /** Values of a frame. */
  readonly width: number;
  /** From 1 to 65,536. */
  readonly clusterCount: number;
  /** Equal seeds give equal centroids for the same frames in the same order, on one machine with one thread count. 0 by default. */
  readonly seed?: string | number;
  /**
   * Frames that are kept in memory, 4 · width bytes each: a fair sample of all that come where there are more. By default
   * 200 for each cluster, at least 50,000.
   */
  readonly maxFrames?: number;
  /** Starts, each from other frames; the one with the least inertia is kept. 1 by default. */
  readonly restartCount?: number;
  /** Passes over the kept frames for each start, at most. 300 by default. */
  readonly maxIterations?: number;
  /**
   * When a start has come to rest: the centroids of a pass move by less than this share of the mean variance of the
   * values (squared, all together); with mini-batches: the inertia falls by less than this share. 1e-4 by default, as in
   * scikit-learn. 0 goes on until nothing moves.
   */
  readonly tolerance?: number;
  /**
   * Centroids move after each mini-batch of so many frames, drawn anew for each pass: fewer passes, at a somewhat higher
   * inertia. Absent: once a pass, from all of the kept frames (Lloyd).
   */
  readonly batchFrames?: number;
}

export type CheckedKmeansOptions = Required<Omit<KmeansOptions, 'batchFrames' | 'seed'>> & {
  readonly seed: string;
  /** 0 for passes over everything. */
  readonly batchFrames: number;
};

const maximumClusterCount = 65_536;
const maximumWidth = 65_536;
/** Of all kept frames: 32 GiB. */
const maximumValues = 2 ** 33;

/** @throws SpeechTokensError `argument-invalid` that names the option */
export function checkKmeansOptions(options: KmeansOptions): CheckedKmeansOptions {
  const { width, clusterCount, seed = 0, restartCount = 1, maxIterations = 300, tolerance = 1e-4 } = options;
  const integer = (argument: keyof KmeansOptions, value: number, least: number, most: number): void => {
    if (Number.isInteger(value) && value >= least && value <= most) return;
    throw invalid(argument, value, `an integer from ${least} to ${most}`);
  };
  integer('width', width, 1, maximumWidth);
  integer('clusterCount', clusterCount, 1, maximumClusterCount);
  const { maxFrames = Math.max(50_000, 200 * clusterCount), batchFrames = 0 } = options;
  integer('maxFrames', maxFrames, clusterCount, Math.floor(maximumValues / width));
  integer('restartCount', restartCount, 1, 1000);
  integer('maxIterations', maxIterations, 1, 1_000_000);
  if (options.batchFrames !== undefined) integer('batchFrames', batchFrames, 1, 1_000_000);
  if (!(tolerance >= 0 && tolerance < 1)) throw invalid('tolerance', tolerance, 'a number from 0 to below 1');
  return { width, clusterCount, seed: String(seed), maxFrames, restartCount, maxIterations, tolerance, batchFrames };
}

function invalid(argument: keyof KmeansOptions, found: number, wanted: string): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: `k-means cannot be trained with this ${argument}`,
    found: String(found),
    wanted,
    remedy: `Give another ${argument}`,
    details: { argument },
  });
}
