import type {
  BuiltGraph,
  Dim,
  GraphSession,
  GraphState,
  GraphTensor,
  RuntimeOptions,
  TensorValues,
} from '@speech-tokens/onnx-graph';
import { openAll } from '../parallel/open-all.ts';
import { runStages, type StageRunner } from './stage-schedule.ts';

/** A part of a network: a graph of one input and one output, both with a whole number of rows for each frame. */
export interface GraphStage {
  readonly graph: BuiltGraph;
  /**
   * The most frames of one run. Where frames are wide, runs of a few are fastest, because what lies between two layers
   * then stays in the cache.
   */
  readonly framesPerRun: number;
}

export interface StagedOptions {
  /** Loads one of the graphs. */
  readonly open: (
    graph: BuiltGraph,
    options: RuntimeOptions & { readonly ownThread: boolean },
  ) => Promise<GraphSession>;
  /** How the host runs models. */
  readonly runtime: RuntimeOptions;
}

/**
 * Graphs one after another as one session: each takes what the one before it gives, in runs of its own length. With several
 * threads, several graphs are at work at a time, each on a thread of its own, on a stretch of many frames; the values are
 * those of one thread, bit for bit.
 *
 * Measured with Mimi on two cores: two graphs side by side are as fast as two computers. Two threads in one graph save a
 * fifth: they wait for each other after every layer, and they sum in another order.
 */
export async function openStages(
  stages: readonly GraphStage[],
  { open, runtime }: StagedOptions,
): Promise<GraphSession> {
  const { threadCount = 1 } = runtime;
  const own = { ...runtime, threadCount: 1, ownThread: threadCount > 1 };
  const { sessions, close } = await openAll(
    stages.map(
      ({ graph }) =>
        () =>
          open(graph, own),
    ),
  );
  return {
    createState: () => stagedState(sessions.map((session) => session.createState())),
    async run(inputs, state) {
      const { parts } = state as StagedState;
      const runners = stages.map((stage, i) => runnerOf(stage, sessions[i]!, parts[i]!, threadCount > 1));
      const { values } = inputs[stages[0]!.graph.inputs[0]!.name]!;
      return { [stages.at(-1)!.graph.outputs[0]!.name]: await runStages(runners, values, threadCount) };
    },
    close,
  };
}

/**
 * Frames to give a staged session at a time: with several threads, several runs' worth, so that all stages are at work for
 * most of them. A call can be aborted between two.
 */
export function stretchFrames(framesPerRun: number, { threadCount = 1 }: RuntimeOptions): number {
  return threadCount === 1 ? framesPerRun : 4 * framesPerRun;
}

interface StagedState extends GraphState {
  readonly parts: readonly GraphState[];
}

/** Names of states differ from stage to stage. */
function stagedState(parts: readonly GraphState[]): StagedState {
  return {
    parts,
    save: () => Object.assign({}, ...parts.map((part) => part.save())),
    restore(saved) {
      for (const part of parts) {
        const missing = part.restore(saved);
        if (missing !== undefined) return missing;
      }
      return undefined;
    },
    reset() {
      for (const part of parts) part.reset();
    },
    mark() {
      const back = parts.map((part) => part.mark());
      return () => {
        for (const goBack of back) goBack();
      };
    },
    reserve(length) {
      for (const part of parts) part.reserve(length);
    },
  };
}

function runnerOf(
  { graph, framesPerRun }: GraphStage,
  session: GraphSession,
  state: GraphState,
  isShared: boolean,
): StageRunner {
  const [input, output] = [rowsOf(graph.inputs[0]!), rowsOf(graph.outputs[0]!)];
  return {
    framesPerRun,
    valuesPerFrame: input.perFrame * input.width,
    outputValuesPerFrame: output.perFrame * output.width,
    allocate(length) {
      const buffer = new (isShared ? SharedArrayBuffer : ArrayBuffer)(length * Float32Array.BYTES_PER_ELEMENT);
      return output.elementType === 'float32' ? new Float32Array(buffer) : new Int32Array(buffer);
    },
    async run(values, place) {
      await session.run({ [input.name]: input.tensor(values) }, state, { [output.name]: output.tensor(place) });
    },
  };
}

/** A tensor whose first axis holds a whole number of rows for each frame. */
function rowsOf({ name, elementType, shape: [first, ...rest] }: GraphTensor) {
  const others = rest as readonly number[];
  const width = others.reduce((product, dim) => product * dim, 1);
  return {
    name,
    elementType,
    width,
    perFrame: timesOf(first!),
    tensor: (values: TensorValues) => ({ values, shape: [values.length / width, ...others] }),
  };
}

/** Rows for each frame of an axis whose length is a multiple of the number of frames. */
function timesOf(dim: Dim): number {
  return typeof dim === 'number' ? dim : dim.times;
}
