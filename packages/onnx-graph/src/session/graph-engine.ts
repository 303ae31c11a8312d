import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { BuiltGraph, StateTensor } from '../graph/graph-types.ts';
import { shapeOf } from './carried-state.ts';
import type { TensorInput, TensorValues } from './graph-session.ts';
import { loadRuntime, type Runtime } from './runtime.ts';
import { type RuntimeOptions, runtimeOptions } from './runtime-options.ts';

/** What an engine must know of a graph; plain data, so that it can go to another thread. */
export interface EngineGraph {
  readonly model: Uint8Array;
  readonly states: readonly StateTensor[];
  /** Those of the graph, of rows of memories, and of their places. */
  readonly outputNames: readonly string[];
}

/** One run: inputs, and the buffers that the state is read from and written to, in the order of the graph's states. */
export interface GraphRun {
  readonly inputs: Readonly<Record<string, TensorInput>>;
  /** Where to write outputs; those without a place are allocated. */
  readonly places: Readonly<Record<string, TensorInput>>;
  readonly current: readonly Float32Array[];
  readonly next: readonly Float32Array[];
}

export type GraphResults = Readonly<Record<string, TensorValues>>;

/** Where a loaded graph runs. Errors are the runtime's own. */
export interface GraphEngine {
  /** @returns the outputs, perhaps without those that have a place */
  run(run: GraphRun): Promise<GraphResults>;
  /** Called once, after the last run. */
  release(): Promise<void>;
}

export interface EngineOptions extends RuntimeOptions {
  /** The folder in which the graph's weights lie. */
  readonly weightsDirectory: string;
}

export function engineGraph({ model, states, outputs }: BuiltGraph): EngineGraph {
  const ofMemories = states.flatMap(({ outputName, memory }) => (memory ? [outputName, memory.lastName] : []));
  return { model, states, outputNames: [...new Set([...outputs.map(({ name }) => name), ...ofMemories])] };
}

/** Loads a graph to run on the calling thread. A run blocks it. */
export async function openEngine(graph: EngineGraph, options: EngineOptions): Promise<GraphEngine> {
  const runtime = await loadRuntime();
  const session = await runtime.InferenceSession.create(graph.model, {
    ...runtimeOptions(options),
    extra: { session: { model_external_initializers_file_folder_path: options.weightsDirectory } },
  });
  // The buffers of a stream's state come back at every run: theirs are made once.
  const carried = new WeakMap<Float32Array, Tensor>();
  const carriedTensor = (values: Float32Array, shape: readonly number[]): Tensor => {
    const known = carried.get(values) ?? new runtime.Tensor('float32', values, shape);
    carried.set(values, known);
    return known;
  };
  return {
    run: (run) => runSession(runtime, session, graph, run, carriedTensor),
    release: () => session.release(),
  };
}

async function runSession(
  runtime: Runtime,
  session: InferenceSession,
  { states, outputNames }: EngineGraph,
  { inputs, places, current, next }: GraphRun,
  carriedTensor: (values: Float32Array, shape: readonly number[]) => Tensor,
): Promise<GraphResults> {
  const feeds: Record<string, Tensor> = {};
  const fetches: Record<string, Tensor | null> = {};
  for (const [i, state] of states.entries()) {
    const shape = shapeOf(state, current[i]!.length);
    feeds[state.inputName] = carriedTensor(current[i]!, shape);
    if (state.memory === undefined) fetches[state.outputName] = carriedTensor(next[i]!, shape);
  }
  for (const [name, input] of Object.entries(inputs)) feeds[name] = tensorOf(runtime, input);
  for (const name of outputNames) fetches[name] = places[name] === undefined ? null : tensorOf(runtime, places[name]);
  const results = await session.run(feeds, fetches);
  return Object.fromEntries(outputNames.map((name) => [name, results[name]!.data as TensorValues]));
}

function tensorOf(runtime: Runtime, { values, shape }: TensorInput): Tensor {
  return values instanceof Float32Array
    ? new runtime.Tensor('float32', values, shape)
    : new runtime.Tensor('int32', values, shape);
}
