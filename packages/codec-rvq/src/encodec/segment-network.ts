import type { GraphSession, TensorInput, TensorValues } from '@speech-tokens/onnx-graph';
import type { GraphReplicas } from '../parallel/graph-replicas.ts';
import { inOrder } from '../parallel/in-order.ts';
import { segmentsPerRun } from './segment-graphs.ts';

/** What a segment gives to the graphs before and after the LSTM. */
export interface SegmentInputs {
  readonly frameCount: number;
  readonly first: Readonly<Record<string, TensorInput>>;
  readonly last?: Readonly<Record<string, TensorInput>>;
}

/** `SegmentGraphs`, loaded. */
export interface SegmentSessions {
  readonly first: GraphReplicas;
  readonly recurrent: GraphSession;
  readonly last: GraphReplicas;
}

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
    // While the LSTM runs for some segments, others can go through the graphs around it.
    const groupsAtOnce = this.#sessions.first.atOnce > 1 ? 2 : 1;
    const remembering = (group: readonly SegmentInputs[]) => this.#runGroup(group, signal);
    for await (const { item: group, result } of inOrder(groupsOf(segments), groupsAtOnce, remembering)) {
      for (const [i, inputs] of group.entries()) yield { inputs, output: result[i]! };
    }
  }

  /** @param segments at most `segmentsPerRun`, of one length. @returns the output of each */
  async #runGroup(
    segments: readonly SegmentInputs[],
    signal: AbortSignal | undefined,
  ): Promise<readonly TensorValues[]> {
    const { first, recurrent, last } = this.#sessions;
    const width = this.#width;
    const [{ frameCount }] = segments as readonly [SegmentInputs];
    const together = new Float32Array(frameCount * segmentsPerRun * width);
    /** The rows of one segment in `values [frames, segmentsPerRun, width]`. */
    const rowOf = (values: Float32Array, segment: number, frame: number): Float32Array => {
      const from = (frame * segmentsPerRun + segment) * width;
      return values.subarray(from, from + width);
    };
    const before = async ({ first: inputs }: SegmentInputs): Promise<Float32Array> => {
      signal?.throwIfAborted();
      return (await first.run(inputs))['features'] as Float32Array;
    };
    let segment = 0;
    for await (const { result: features } of inOrder(segments, first.atOnce, before)) {
      for (let frame = 0; frame < frameCount; frame++) {
        rowOf(together, segment, frame).set(features.subarray(frame * width, (frame + 1) * width));
      }
      segment++;
    }
    signal?.throwIfAborted();
    const input = { features: { values: together, shape: [frameCount, segmentsPerRun, width] } };
    const remembered = (await recurrent.run(input, recurrent.createState()))['remembered'] as Float32Array;
    const after = async (place: number): Promise<TensorValues> => {
      signal?.throwIfAborted();
      const rows = new Float32Array(frameCount * width);
      for (let frame = 0; frame < frameCount; frame++) rows.set(rowOf(remembered, place, frame), frame * width);
      const features = { values: rows, shape: [frameCount, width] };
      return (await last.run({ ...segments[place]!.last, features }))['output']!;
    };
    const outputs: TensorValues[] = [];
    for await (const { result } of inOrder(segments.keys(), last.atOnce, after)) outputs.push(result);
    return outputs;
  }
}

/** Runs of at most `segmentsPerRun` segments of one length. */
function* groupsOf(segments: Iterable<SegmentInputs>): Generator<readonly SegmentInputs[]> {
  let group: SegmentInputs[] = [];
  for (const inputs of segments) {
    const isAnotherLength = group.length > 0 && group[0]!.frameCount !== inputs.frameCount;
    if (isAnotherLength || group.length === segmentsPerRun) {
      yield group;
      group = [];
    }
    group.push(inputs);
  }
  if (group.length > 0) yield group;
}
