import type { CallOptions } from '@speech-tokens/core';
import { GraphBuilder, type TensorInput, type WeightScope } from '@speech-tokens/onnx-graph';
import {
  type FrameClock,
  frameCountOf,
  type OpenGraph,
  type RowReader,
  type RowSource,
} from '../network/feature-network.ts';
import { convStem } from './conv-stem.ts';
import { normalizedWaveform } from './normalized-waveform.ts';
import type { WaveConfig } from './wave-config.ts';
import { windowStatistics } from './window-statistics.ts';

/** Frames of one run: two seconds, whose first layer takes 13 MB. Longer runs leave the caches, shorter ones lose time. */
const framesPerRun = 100;

export interface WaveRowsParts {
  readonly config: WaveConfig;
  readonly weights: WeightScope;
  readonly clock: FrameClock;
  /** Whether recordings are brought to mean 0 and variance 1 first. */
  readonly normalizeWaveform: boolean;
}

/** Rows from samples, some seconds at a time: convolutions see no further than their window. */
export async function openWaveRows(
  { config, weights, clock, normalizeWaveform }: WaveRowsParts,
  openGraph: OpenGraph,
): Promise<RowSource> {
  const { hopSamples } = clock;
  const windowSamples = clock.windowSamples!;
  const g = new GraphBuilder('convolutions');
  const samples = g.input('samples', 'float32', [
    1,
    1,
    { symbol: 'frames', times: hopSamples, plus: windowSamples - hopSamples },
  ]);
  g.output('rows', convStem(g, weights, config, samples));
  const session = await openGraph(g.build());
  const width = config.layers.width;

  return {
    async prepare(given): Promise<RowReader> {
      const frameCount = frameCountOf(clock, given.length);
      if (frameCount === 0) return { frameCount, read: async () => new Float32Array(0) };
      const waveform = normalizeWaveform ? normalizedWaveform(given) : given;
      const statistics = statisticsOf(config, waveform);
      return {
        frameCount,
        async read(firstFrame: number, endFrame: number, { signal }: CallOptions) {
          const rows = new Float32Array((endFrame - firstFrame) * width);
          for (let first = firstFrame; first < endFrame; first += framesPerRun) {
            signal?.throwIfAborted();
            const count = Math.min(framesPerRun, endFrame - first);
            const start = first * hopSamples;
            const values = waveform.subarray(start, start + (count - 1) * hopSamples + windowSamples);
            const inputs = { samples: { values, shape: [1, 1, values.length] }, ...statistics };
            const found = await session.run(inputs, session.createState());
            rows.set(found.rows as Float32Array, (first - firstFrame) * width);
          }
          return rows;
        },
      };
    },
    close: () => session.close(),
  };
}

function statisticsOf(config: WaveConfig, waveform: Float32Array): Readonly<Record<string, TensorInput>> {
  if (config.convolutionNorm !== 'group') return {};
  const { kernelSize, stride } = config.convolutions[0]!;
  const { mean, covarianceRoot } = windowStatistics(waveform, kernelSize, stride);
  return {
    mean: { values: mean, shape: [kernelSize, 1] },
    'covariance-root': { values: covarianceRoot, shape: [kernelSize, kernelSize] },
  };
}
