import { type CallOptions, raceSignal, SpeechTokensError } from '@speech-tokens/core';
import {
  type BuiltGraph,
  GraphBuilder,
  type GraphSession,
  type GraphTensor,
  symbolicDim,
  type TensorValues,
} from '@speech-tokens/onnx-graph';
import type { FeatureNetwork, OpenGraph, RowReader, RowSource } from '../network/feature-network.ts';
import { type FrameWindow, type FrameWindows, frameWindows } from './frame-windows.ts';

/** Runs a network up to one layer over recordings of any length. */
export interface LayerRuns {
  /**
   * What the last nodes of the graph give for the frames of a recording, window by window.
   * @param onWindow called with the outputs for the core of each window: `[frames · values per frame]`
   */
  run(
    samples: Float32Array,
    options: CallOptions,
    onWindow: (values: TensorValues, window: FrameWindow) => void,
  ): Promise<void>;
  close(): Promise<void>;
}

export interface LayerRunsParts {
  readonly network: FeatureNetwork;
  readonly layer: number;
  readonly windows: FrameWindows;
  readonly openGraph: OpenGraph;
  /** What is given of the features `[frames, width]`: themselves, or the nearest centroid of each `[frames]`. */
  finish(g: GraphBuilder, features: GraphTensor): GraphTensor;
}

export async function openLayerRuns(parts: LayerRunsParts): Promise<LayerRuns> {
  const { network, windows, openGraph } = parts;
  const graph = layersGraph(parts);
  const valuesPerFrame = graph.outputs[0]!.shape.length === 1 ? 1 : (graph.outputs[0]!.shape[1] as number);
  const rowSource = await network.openRows(openGraph);
  const session = await openGraph(graph).catch(async (error: unknown) => {
    await rowSource.close();
    throw error;
  });
  let closing: Promise<void> | undefined;
  return {
    async run(samples, options, onWindow) {
      const { signal, onProgress } = options;
      if (closing !== undefined) throw closedError(network.name);
      signal?.throwIfAborted();
      const reader = await raceSignal(rowSource.prepare(samples, options), signal);
      const rows = new HeldRows(reader, network.rowWidth);
      for (const window of frameWindows(windows, reader.frameCount)) {
        signal?.throwIfAborted();
        const values = await raceSignal(rows.read(window, options), signal);
        const shape = [window.endFrame - window.startFrame, network.rowWidth];
        const found = await raceSignal(session.run({ rows: { values, shape } }, session.createState()), signal);
        const at = (frame: number): number => (frame - window.startFrame) * valuesPerFrame;
        onWindow(found.values!.subarray(at(window.coreStartFrame), at(window.coreEndFrame)), window);
        const isLast = window.coreEndFrame === reader.frameCount;
        const done = isLast ? samples.length : window.coreEndFrame * network.clock.hopSamples;
        onProgress?.({ stage: 'Encoding', done, total: samples.length, unit: 'samples' });
      }
    },
    close() {
      closing ??= closeBoth(session, rowSource);
      return closing;
    },
  };
}

/** `rows [frames, rowWidth] → values`: only the layers that are needed. */
function layersGraph({ network, layer, finish }: LayerRunsParts): BuiltGraph {
  const g = new GraphBuilder(`${network.name}, layer ${layer}`);
  const rows = g.input('rows', 'float32', [symbolicDim('frames'), network.rowWidth]);
  g.output('values', finish(g, network.buildLayers(g, rows, layer)));
  return g.build();
}

function closedError(name: string): SpeechTokensError<'session-closed'> {
  return new SpeechTokensError('session-closed', {
    problem: `${name} takes nothing more`,
    found: 'It was closed',
    remedy: 'Load the model again',
    details: {},
  });
}

async function closeBoth(session: GraphSession, rowSource: RowSource): Promise<void> {
  await session.close();
  await rowSource.close();
}

/** Rows of one window after the other: those that two of them share are made once. */
class HeldRows {
  readonly #reader: RowReader;
  readonly #width: number;
  #first = 0;
  #rows: Float32Array = new Float32Array(0);

  constructor(reader: RowReader, width: number) {
    this.#reader = reader;
    this.#width = width;
  }

  async read({ startFrame, endFrame }: FrameWindow, options: CallOptions): Promise<Float32Array> {
    const held = this.#rows.subarray((startFrame - this.#first) * this.#width);
    const fresh = await this.#reader.read(startFrame + held.length / this.#width, endFrame, options);
    if (held.length === 0) this.#rows = fresh;
    else {
      const rows = new Float32Array(held.length + fresh.length);
      rows.set(held);
      rows.set(fresh, held.length);
      this.#rows = rows;
    }
    this.#first = startFrame;
    return this.#rows;
  }
}
