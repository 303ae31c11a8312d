import type { BuiltGraph, Dim, GraphSession, GraphState, TensorValues } from '@speech-tokens/onnx-graph';

/** A part of a network: a graph of one input and one output, both with a whole number of rows for each frame. */
export interface GraphStage {
  readonly graph: BuiltGraph;
  /**
   * The most frames of one run. Where frames are wide, runs of a few are fastest, because what lies between two layers
   * then stays in the cache.
   */
  readonly framesPerRun: number;
}

/**
 * Graphs one after another as one session: each takes what the one before it gives, in runs of its own length.
 * @param open loads one of them
 */
export async function openStages(
  stages: readonly GraphStage[],
  open: (graph: BuiltGraph) => Promise<GraphSession>,
): Promise<GraphSession> {
  const sessions: GraphSession[] = [];
  try {
    for (const { graph } of stages) sessions.push(await open(graph));
  } catch (error) {
    await closeAll(sessions);
    throw error;
  }
  return {
    createState: () => stagedState(sessions.map((session) => session.createState())),
    async run(inputs, state) {
      const { parts } = state as StagedState;
      let { values } = inputs[stages[0]!.graph.inputs[0]!.name]!;
      for (const [i, stage] of stages.entries()) values = await runInPieces(stage, sessions[i]!, parts[i]!, values);
      return { [stages.at(-1)!.graph.outputs[0]!.name]: values };
    },
    close: () => closeAll(sessions),
  };
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
  };
}

async function runInPieces(
  { graph, framesPerRun }: GraphStage,
  session: GraphSession,
  state: GraphState,
  values: TensorValues,
): Promise<TensorValues> {
  const [input, output] = [graph.inputs[0]!, graph.outputs[0]!];
  const [rowsPerFrame, ...width] = [timesOf(input.shape[0]!), ...input.shape.slice(1)] as number[];
  const valuesPerFrame = width.reduce((product, dim) => product * dim, rowsPerFrame!);
  const frameCount = values.length / valuesPerFrame;
  const run = async (start: number, end: number): Promise<TensorValues> => {
    const piece = values.subarray(start * valuesPerFrame, end * valuesPerFrame);
    const shape = [(end - start) * rowsPerFrame!, ...width];
    return (await session.run({ [input.name]: { values: piece, shape } }, state))[output.name]!;
  };
  if (frameCount <= framesPerRun) return await run(0, frameCount);
  let joined: TensorValues | undefined;
  for (let start = 0; start < frameCount; start += framesPerRun) {
    const end = Math.min(frameCount, start + framesPerRun);
    const piece = await run(start, end);
    const perFrame = piece.length / (end - start);
    joined ??= new (piece.constructor as Float32ArrayConstructor | Int32ArrayConstructor)(frameCount * perFrame);
    joined.set(piece, start * perFrame);
  }
  return joined!;
}

/** Rows for each frame of an axis whose length is a multiple of the number of frames. */
function timesOf(dim: Dim): number {
  return typeof dim === 'number' ? dim : dim.times;
}

async function closeAll(sessions: readonly GraphSession[]): Promise<void> {
  await Promise.all(sessions.map((session) => session.close()));
}
