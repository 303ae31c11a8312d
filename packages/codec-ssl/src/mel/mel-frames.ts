import type { CallOptions } from '@speech-tokens/core';
import { add, conv1d, GraphBuilder, log, matMul, multiply, signalToRows, slice } from '@speech-tokens/onnx-graph';
import type { OpenGraph } from '../network/feature-network.ts';
import type { MelFilters } from './mel-filters.ts';
import { type FrameSteps, spectralBasis } from './spectral-basis.ts';

export interface MelFramesOptions {
  readonly steps: FrameSteps;
  readonly hopSamples: number;
  readonly filters: MelFilters;
  /** What bands are raised to before the logarithm. */
  readonly floor: number;
}

export interface MelFrames {
  /** Natural logarithms of the mel bands of every frame that lies within the samples: `[frames, bands]`. */
  read(samples: Float32Array, options: CallOptions): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Frames of one run: ten seconds. */
const framesPerRun = 1_000;

/** Log-mel frames: a strided convolution with the Fourier basis, powers, mel filters, and the logarithm. */
export async function openMelFrames(
  { steps, hopSamples, filters, floor }: MelFramesOptions,
  openGraph: OpenGraph,
): Promise<MelFrames> {
  const { frameSamples } = steps;
  const { binCount, bandCount } = filters;
  const g = new GraphBuilder('log-mel frames');
  const length = { symbol: 'frames', times: hopSamples, plus: frameSamples - hopSamples };
  const samples = g.input('samples', 'float32', [1, 1, length]);
  const weight = g.constant(spectralBasis(steps), [2 * binCount, 1, frameSamples]);
  const spectrum = signalToRows(g, conv1d(g, { weight }, samples, { stride: hopSamples }));
  const squares = multiply(g, spectrum, spectrum);
  const powers = add(g, slice(g, squares, 1, 0, binCount), slice(g, squares, 1, binCount, 2 * binCount));
  const bands = matMul(g, powers, g.constant(filters.values, [binCount, bandCount]));
  g.output('frames', log(g, g.node('Max', [bands, g.scalar(floor)], bands)));
  const session = await openGraph(g.build());
  return {
    async read(all, { signal }) {
      const frameCount = Math.max(0, Math.floor((all.length - frameSamples) / hopSamples) + 1);
      const found = new Float32Array(frameCount * bandCount);
      for (let first = 0; first < frameCount; first += framesPerRun) {
        signal?.throwIfAborted();
        const count = Math.min(framesPerRun, frameCount - first);
        const start = first * hopSamples;
        const values = all.subarray(start, start + (count - 1) * hopSamples + frameSamples);
        const inputs = { samples: { values, shape: [1, 1, values.length] } };
        const { frames } = await session.run(inputs, session.createState());
        found.set(frames as Float32Array, first * bandCount);
      }
      return found;
    },
    close: () => session.close(),
  };
}
