import type { CallOptions } from '@speech-tokens/core';
import type { BuiltGraph, GraphBuilder, GraphSession, GraphTensor } from '@speech-tokens/onnx-graph';

/** How the frames of an encoder lie in time. */
export interface FrameClock {
  readonly sampleRateHz: number;
  /** Samples from one frame to the next. */
  readonly hopSamples: number;
  /**
   * Frame n sees the windowSamples from n · hop on, and only windows within the audio have a frame. Absent where audio is
   * padded to whole hops.
   */
  readonly windowSamples?: number;
}

/** Frames of audio of this length. */
export function frameCountOf({ hopSamples, windowSamples }: FrameClock, sampleCount: number): number {
  if (windowSamples === undefined) return Math.ceil(sampleCount / hopSamples);
  return Math.max(0, Math.floor((sampleCount - windowSamples) / hopSamples) + 1);
}

/** Loads a graph whose weights lie in the checkpoint. */
export type OpenGraph = (graph: BuiltGraph) => Promise<GraphSession>;

/**
 * A self-supervised encoder, as its checkpoint describes it: rows, one for each frame, each from its own stretch of
 * audio; and layers, in which all frames see each other.
 */
export interface FeatureNetwork {
  /** For people, for example `HuBERT`. */
  readonly name: string;
  readonly clock: FrameClock;
  /** Values of a frame, before and after the layers. */
  readonly width: number;
  readonly rowWidth: number;
  readonly layerCount: number;
  /** The most frames that the layers can take at once, where positions are learnt. */
  readonly maximumFrames?: number;
  /** The fewest frames that they take at once: those after the end are of silence, and are not given. */
  readonly minimumFrames?: number;
  openRows(openGraph: OpenGraph): Promise<RowSource>;
  /**
   * `rows [frames, rowWidth] → [frames, width]`: what layer number `layer` gives. Layer 0 is the input of the first one.
   * Only the layers up to it are built.
   */
  buildLayers(g: GraphBuilder, rows: GraphTensor, layer: number): GraphTensor;
}

/** Makes the rows of recordings. */
export interface RowSource {
  /** Looks at a whole recording once, for what depends on all of it (its loudness, the statistics of a norm). */
  prepare(samples: Float32Array, options: CallOptions): Promise<RowReader>;
  close(): Promise<void>;
}

export interface RowReader {
  readonly frameCount: number;
  /**
   * The rows from one frame to another (exclusive), `[end − first, rowWidth]`: the same whatever is asked for with them. The
   * end may lie behind that of the recording, up to the network's `minimumFrames`.
   */
  read(firstFrame: number, endFrame: number, options: CallOptions): Promise<Float32Array>;
}
