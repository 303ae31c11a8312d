import type { SeanetLayer } from './seanet-layers.ts';

/** How the networks are laid out and run. */
export interface StageOptions {
  /**
   * Layers with at least so many steps a frame are convolutions on `[1, channels, steps]`, the others matrix products on
   * `[steps, channels]`: with fewer, the values of a convolution depend on how many are computed in the run
   * (decisions/0012).
   */
  readonly leastSignalSteps: number;
  /**
   * Layers with at least so many steps a frame run a few frames at a time, so that what lies between two of them stays
   * in the cache; the others many, so that their weights, which do not, are read less often. More than the transformers'
   * positions per frame.
   */
  readonly leastFineSteps: number;
  /** Whether the work is split into graphs that can run side by side. */
  readonly isSplit: boolean;
  /** Where it is, layers with at least so many steps a frame are a graph of their own, so that no graph has most of it. */
  readonly leastWaveSteps: number;
  /** The most frames of one run of the layers with many steps a frame. */
  readonly fineFramesPerRun: number;
  /** The most frames of one run of the others. */
  readonly coarseFramesPerRun: number;
}

export const defaultStageOptions: StageOptions = {
  leastSignalSteps: 65,
  leastFineSteps: 9,
  isSplit: false,
  leastWaveSteps: 300,
  fineFramesPerRun: 8,
  coarseFramesPerRun: 32,
};

/** Neighbouring layers that make one graph, and the most frames of one run of it. */
export interface LayerSection {
  readonly layers: readonly SeanetLayer[];
  readonly framesPerRun: number;
}

/**
 * Cuts layers where their kind changes: many frames of matrix products a run, a few frames of them, convolutions,
 * convolutions of long signals.
 * @param stepsOf what counts as the steps of a layer
 */
export function sectionsOf(
  layers: readonly SeanetLayer[],
  stepsOf: (layer: SeanetLayer) => number,
  { leastSignalSteps, leastFineSteps, leastWaveSteps, fineFramesPerRun, coarseFramesPerRun }: StageOptions,
): readonly LayerSection[] {
  const borders = [leastFineSteps, leastSignalSteps, leastWaveSteps];
  const sections: { layers: SeanetLayer[]; framesPerRun: number; kind: number }[] = [];
  for (const layer of layers) {
    const steps = stepsOf(layer);
    const framesPerRun = steps < leastFineSteps ? coarseFramesPerRun : fineFramesPerRun;
    const kind = borders.filter((least) => steps >= least).length;
    const last = sections.at(-1);
    if (last?.kind === kind) last.layers.push(layer);
    else sections.push({ layers: [layer], framesPerRun, kind });
  }
  return sections;
}
