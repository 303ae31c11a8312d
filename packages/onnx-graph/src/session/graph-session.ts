import { SpeechTokensError } from '@speech-tokens/core';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { BuiltGraph, StateTensor } from '../graph/graph-types.ts';
import { loadRuntime, type Runtime } from './runtime.ts';
import { withRuntimeErrors } from './runtime-errors.ts';
import { type RuntimeOptions, runtimeOptions } from './runtime-options.ts';

/** Values of a tensor at the border of a session; integers are 32 bits wide there. */
export type TensorValues = Float32Array | Int32Array;

export interface TensorInput {
  readonly values: TensorValues;
  readonly shape: readonly number[];
}

/** What one stream carries from run to run. It belongs to one stream; sessions are shared. */
export interface GraphState {
  /** A copy of the carried values by state name: plain data. */
  save(): Record<string, Float32Array>;
  /** Takes over saved values. @returns the name of a state that is absent or of another size, if there is one */
  restore(saved: unknown): string | undefined;
  /** Back to zeros. */
  reset(): void;
}

export interface GraphSession {
  createState(): GraphState;
  /**
   * Runs the graph once and advances the state. Runs on one state must follow each other.
   * @throws SpeechTokensError `inference-failed`; `session-closed` after `close`
   */
  run(
    inputs: Readonly<Record<string, TensorInput>>,
    state: GraphState,
  ): Promise<Readonly<Record<string, TensorValues>>>;
  /** Frees the graph once the runs in progress have ended. May be called more than once. */
  close(): Promise<void>;
}

export interface SessionOptions extends RuntimeOptions {
  /** The folder in which the graph's weights lie. */
  readonly weightsDirectory: string;
}

/**
 * Loads a graph with its weights, which are read from where they lie.
 * @throws SpeechTokensError `inference-unavailable`, `inference-failed`
 */
export async function openGraphSession(graph: BuiltGraph, options: SessionOptions): Promise<GraphSession> {
  const runtime = await loadRuntime();
  const session = await withRuntimeErrors(`loading ${graph.name}`, () =>
    runtime.InferenceSession.create(graph.model, {
      ...runtimeOptions(options),
      extra: { session: { model_external_initializers_file_folder_path: options.weightsDirectory } },
    }),
  );
  return new OnnxGraphSession(runtime, session, graph);
}

class OnnxGraphSession implements GraphSession {
  readonly #runtime: Runtime;
  readonly #session: InferenceSession;
  readonly #graph: BuiltGraph;
  readonly #running = new Set<Promise<unknown>>();
  #released: Promise<void> | undefined;

  constructor(runtime: Runtime, session: InferenceSession, graph: BuiltGraph) {
    this.#runtime = runtime;
    this.#session = session;
    this.#graph = graph;
  }

  createState(): GraphState {
    return new BufferedState(this.#runtime, this.#graph.states);
  }

  async run(
    inputs: Readonly<Record<string, TensorInput>>,
    state: GraphState,
  ): Promise<Readonly<Record<string, TensorValues>>> {
    if (this.#released !== undefined) {
      throw new SpeechTokensError('session-closed', {
        problem: `${this.#graph.name} takes nothing more`,
        found: 'It was closed',
        remedy: 'Load the model again',
        details: {},
      });
    }
    const run = this.#run(inputs, state);
    this.#running.add(run);
    try {
      return await run;
    } finally {
      this.#running.delete(run);
    }
  }

  async #run(
    inputs: Readonly<Record<string, TensorInput>>,
    state: GraphState,
  ): Promise<Readonly<Record<string, TensorValues>>> {
    const carried = state as BufferedState;
    const feeds: Record<string, Tensor> = { ...carried.feeds() };
    for (const [name, { values, shape }] of Object.entries(inputs)) {
      feeds[name] =
        values instanceof Float32Array
          ? new this.#runtime.Tensor('float32', values, shape)
          : new this.#runtime.Tensor('int32', values, shape);
    }
    const fetches: Record<string, Tensor | null> = { ...carried.fetches() };
    for (const { name } of this.#graph.outputs) fetches[name] = null;
    const results = await withRuntimeErrors(`running ${this.#graph.name}`, () => this.#session.run(feeds, fetches));
    carried.advance();
    const outputs: Record<string, TensorValues> = {};
    for (const { name } of this.#graph.outputs) outputs[name] = results[name]!.data as TensorValues;
    return outputs;
  }

  close(): Promise<void> {
    this.#released ??= Promise.allSettled(this.#running).then(() => this.#session.release());
    return this.#released;
  }
}

/**
 * Two sets of buffers that take turns: one run reads the one and has its new state written into the other, without an
 * allocation or a copy.
 */
class BufferedState implements GraphState {
  readonly #states: readonly StateTensor[];
  readonly #buffers: readonly [Float32Array, Float32Array][];
  readonly #feeds: [Record<string, Tensor>, Record<string, Tensor>] = [{}, {}];
  readonly #fetches: [Record<string, Tensor>, Record<string, Tensor>] = [{}, {}];
  #front: 0 | 1 = 0;

  constructor(runtime: Runtime, states: readonly StateTensor[]) {
    this.#states = states;
    this.#buffers = states.map(({ shape }) => {
      const size = shape.reduce((product, dim) => product * dim, 1);
      return [new Float32Array(size), new Float32Array(size)];
    });
    for (const [i, { inputName, outputName, shape }] of states.entries()) {
      for (const side of [0, 1] as const) {
        const tensor = new runtime.Tensor('float32', this.#buffers[i]![side], shape);
        this.#feeds[side][inputName] = tensor;
        this.#fetches[side][outputName] = tensor;
      }
    }
  }

  feeds(): Record<string, Tensor> {
    return this.#feeds[this.#front];
  }

  fetches(): Record<string, Tensor> {
    return this.#fetches[this.#front === 0 ? 1 : 0];
  }

  advance(): void {
    this.#front = this.#front === 0 ? 1 : 0;
  }

  save(): Record<string, Float32Array> {
    return Object.fromEntries(this.#states.map(({ name }, i) => [name, this.#buffers[i]![this.#front].slice()]));
  }

  restore(saved: unknown): string | undefined {
    const byName = typeof saved === 'object' && saved !== null ? (saved as Readonly<Record<string, unknown>>) : {};
    for (const [i, { name }] of this.#states.entries()) {
      const values = byName[name];
      if (!(values instanceof Float32Array) || values.length !== this.#buffers[i]![0].length) return name;
    }
    for (const [i, { name }] of this.#states.entries()) {
      this.#buffers[i]![this.#front].set(byName[name] as Float32Array);
    }
    return undefined;
  }

  reset(): void {
    for (const pair of this.#buffers) pair[this.#front].fill(0);
  }
}
