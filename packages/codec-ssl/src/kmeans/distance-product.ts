import { setImmediate } from 'node:timers/promises';
import {
  argMaxLast,
  cast,
  GraphBuilder,
  type GraphSession,
  openGraphSession,
  projection,
  type RuntimeOptions,
  reshape,
  symbolicDim,
} from '@speech-tokens/onnx-graph';
import { mostBlockFrames } from './frame-reservoir.ts';

/** Values of `[frames, means]` that one run makes at most: 16 MiB. */
const runValues = 2 ** 22;

/** Distances of frames to means by one product of matrices: ‖x − c‖² = ‖x‖² − (2 x·c − ‖c‖²). */
export interface DistanceProduct {
  /** The number of the nearest mean of each frame, `[frames]`, the first where several are as near. */
  nearest(frames: Float32Array, means: MeanSet): Promise<Int32Array>;
  /** 2 x·c − ‖c‖², `[frames, means]` */
  nearness(frames: Float32Array, means: MeanSet): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Means with what a product needs of them. */
export interface MeanSet {
  /** `[count, width]` */
  readonly values: Float32Array;
  readonly count: number;
  /** −‖c‖², `[count]` */
  readonly penalties: Float32Array;
}

export function meanSet(values: Float32Array, width: number): MeanSet {
  const count = values.length / width;
  const penalties = new Float32Array(count);
  for (let k = 0; k < count; k++) {
    let norm = 0;
    for (let i = k * width; i < (k + 1) * width; i++) norm += values[i]! * values[i]!;
    penalties[k] = -norm;
  }
  return { values, count, penalties };
}

/** How many frames one run may take, for so many means. */
export function framesOfRun(meanCount: number): number {
  return Math.max(64, Math.min(mostBlockFrames, Math.floor(runValues / meanCount)));
}

/** @throws SpeechTokensError `inference-unavailable` */
export async function openDistanceProduct(width: number, runtime: RuntimeOptions): Promise<DistanceProduct> {
  const open = (name: 'nearest' | 'nearness'): Promise<GraphSession> =>
    openGraphSession(productGraph(width, name), { ...runtime, weightsDirectory: '.' });
  const nearest = await open('nearest');
  const nearness = await open('nearness').catch(async (error: unknown) => {
    await nearest.close();
    throw error;
  });
  const run = async (session: GraphSession, frames: Float32Array, { values, count, penalties }: MeanSet) => {
    // A run blocks the thread: between two of them signals of the process and timers have their turn.
    await setImmediate();
    const found = await session.run(
      {
        frames: { values: frames, shape: [frames.length / width, width] },
        means: { values, shape: [count, width] },
        penalties: { values: penalties, shape: [count] },
      },
      session.createState(),
    );
    return found['found']!;
  };
  return {
    nearest: async (frames, means) => (await run(nearest, frames, means)) as Int32Array,
    nearness: async (frames, means) => (await run(nearness, frames, means)) as Float32Array,
    async close() {
      await nearest.close();
      await nearness.close();
    },
  };
}

function productGraph(width: number, output: 'nearest' | 'nearness') {
  const g = new GraphBuilder(`k-means, ${output}`);
  const [rows, count] = [symbolicDim('rows'), symbolicDim('count')];
  const frames = g.input('frames', 'float32', [rows, width]);
  const means = g.input('means', 'float32', [count, width]);
  const penalties = g.input('penalties', 'float32', [count]);
  const nearness = projection(g, means, frames, { scale: 2, bias: penalties });
  g.output('found', output === 'nearness' ? nearness : cast(g, reshape(g, argMaxLast(g, nearness), [rows]), 'int32'));
  return g.build();
}
