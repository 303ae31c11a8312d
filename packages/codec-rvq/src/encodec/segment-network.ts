import type { GraphSession, TensorInput, TensorValues } from '@speech-tokens/onnx-graph';
import { type SegmentGraphs, segmentsPerRun } from './segment-graphs.ts';

/** What a segment gives to the graphs before and after the LSTM. */
export interface SegmentInputs {
  readonly first: Readonly<Record<string, TensorInput>>;
  readonly last?: Readonly<Record<string, TensorInput>>;
}

export type SegmentSessions = { readonly [Stage in keyof SegmentGraphs]: GraphSession };

/**
 * Runs segments through `SegmentGraphs`. The LSTM always runs for `segmentsPerRun` of one length, empty ones where there are
 * fewer, so that a segment's values do not depend on those that run with it.
 */
export class SegmentNetwork {
  readonly #sessions: SegmentSessions;
  readonly #width: number;

  /** @param width of the features of a frame */
  constructor(sessions: SegmentSessions, width: number) {
    this.#sessions = sessions;
    this.#width = width;
  }

  /**
   * Runs segments of any number and lengths; their inputs are asked for as they are needed.
   * @returns inputs and output of each, in order
   */
  async *run(
    segments: Iterable<SegmentInputs>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<{ readonly inputs: SegmentInputs; readonly output: TensorValues }> {
    let waiting: Waiting[] = [];
    const { first } = this.#sessions;
    for (const inputs of segments) {
      signal?.throwIfAborted();
      const features = (await first.run(inputs.first, first.createState()))['features'] as Float32Array;
      const isAnotherLength = waiting.length > 0 && waiting[0]!.features.length !== features.length;
      if (isAnotherLength || waiting.length === segmentsPerRun) {
        yield* this.#finish(waiting, signal);
        waiting = [];
      }
      waiting.push({ inputs, features });
    }
    if (waiting.length > 0) yield* this.#finish(waiting, signal);
  }

  /** The rest of the way, for at most `segmentsPerRun` segments with as many frames. */
  async *#finish(
    segments: readonly Waiting[],
    signal: AbortSignal | undefined,
  ): AsyncGenerator<{ readonly inputs: SegmentInputs; readonly output: TensorValues }> {
    const { recurrent, last } = this.#sessions;
    const width = this.#width;
    const frames = segments[0]!.features.length / width;
    const together = new Float32Array(frames * segmentsPerRun * width);
    const rowsOf = (segment: number, frame: number): Float32Array => {
      const from = (frame * segmentsPerRun + segment) * width;
      return together.subarray(from, from + width);
    };
    for (const [segment, { features }] of segments.entries()) {
      for (let frame = 0; frame < frames; frame++) {
        rowsOf(segment, frame).set(features.subarray(frame * width, (frame + 1) * width));
      }
    }
    signal?.throwIfAborted();
    const input = { features: { values: together, shape: [frames, segmentsPerRun, width] } };
    const { remembered } = await recurrent.run(input, recurrent.createState());
    together.set(remembered as Float32Array);
    for (const [segment, { inputs, features }] of segments.entries()) {
      signal?.throwIfAborted();
      for (let frame = 0; frame < frames; frame++) features.set(rowsOf(segment, frame), frame * width);
      const remembering = { values: features, shape: [frames, width] };
      const result = await last.run({ ...inputs.last, features: remembering }, last.createState());
      yield { inputs, output: result['output']! };
    }
  }
}

/** A segment that has run up to the LSTM. */
interface Waiting {
  readonly inputs: SegmentInputs;
  readonly features: Float32Array;
}
