import { SpeechTokensError } from '@speech-tokens/core';
import type { BuiltGraph } from '../graph/graph-types.ts';
import { CarriedState } from './carried-state.ts';
import { type EngineOptions, engineGraph, type GraphEngine, openEngine } from './graph-engine.ts';
import { loadRuntime } from './runtime.ts';
import { withRuntimeErrors } from './runtime-errors.ts';
import { openThreadEngine } from './thread/thread-engine.ts';

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
  /**
   * Remembers where it stands until the next mark, at the cost of what runs change after it and not of all that there is.
   * @returns the way back; of use until the next mark, restore or reset
   */
  mark(): () => void;
  /**
   * Makes growing memories at least this long along their axis, or as long as they can be, with zeros after what they hold.
   * They begin with 64. The shorter, the faster.
   */
  reserve(length: number): void;
}

export interface GraphSession {
  createState(): GraphState;
  /**
   * Runs the graph once and advances the state. Runs on one state must follow each other.
   * @param places where to write outputs, of the shapes that they will have; others are allocated
   * @throws SpeechTokensError `inference-failed`; `session-closed` after `close`
   */
  run(
    inputs: Readonly<Record<string, TensorInput>>,
    state: GraphState,
    places?: Readonly<Record<string, TensorInput>>,
  ): Promise<Readonly<Record<string, TensorValues>>>;
  /** Frees the graph once the runs in progress have ended. May be called more than once. */
  close(): Promise<void>;
}

export interface SessionOptions extends EngineOptions {
  /**
   * Whether runs happen on a thread of the session's own, false by default. Several such sessions run side by side, and
   * the calling thread goes on meanwhile; without, a run blocks it, because ONNX Runtime runs on the thread that calls.
   * A run costs some tenths of a millisecond more, a session some tens of milliseconds and megabytes. Inputs are copied
   * unless their buffers are shared ones (`SharedArrayBuffer`), and places of outputs have to be such.
   */
  readonly ownThread?: boolean;
}

/**
 * Loads a graph with its weights, which are read from where they lie.
 * @throws SpeechTokensError `inference-unavailable`, `inference-failed`
 */
export async function openGraphSession(graph: BuiltGraph, options: SessionOptions): Promise<GraphSession> {
  // Said here and not on another thread: whether there is a runtime for this platform.
  await loadRuntime();
  const { ownThread = false, ...engineOptions } = options;
  const open = ownThread ? openThreadEngine : openEngine;
  const engine = await withRuntimeErrors(`loading ${graph.name}`, () => open(engineGraph(graph), engineOptions));
  return new EngineSession(engine, graph, ownThread);
}

class EngineSession implements GraphSession {
  readonly #engine: GraphEngine;
  readonly #graph: BuiltGraph;
  readonly #ownThread: boolean;
  readonly #running = new Set<Promise<unknown>>();
  #released: Promise<void> | undefined;

  constructor(engine: GraphEngine, graph: BuiltGraph, ownThread: boolean) {
    this.#engine = engine;
    this.#graph = graph;
    this.#ownThread = ownThread;
  }

  createState(): GraphState {
    return new CarriedState(this.#graph.states, this.#ownThread);
  }

  async run(
    inputs: Readonly<Record<string, TensorInput>>,
    state: GraphState,
    places: Readonly<Record<string, TensorInput>> = {},
  ): Promise<Readonly<Record<string, TensorValues>>> {
    if (this.#released !== undefined) {
      throw new SpeechTokensError('session-closed', {
        problem: `${this.#graph.name} takes nothing more`,
        found: 'It was closed',
        remedy: 'Load the model again',
        details: {},
      });
    }
    const carried = state as CarriedState;
    const { current, next } = carried;
    const run = withRuntimeErrors(`running ${this.#graph.name}`, () =>
      this.#engine.run({ inputs, places, current, next }),
    );
    this.#running.add(run);
    try {
      const results = await run;
      carried.advance(results);
      const wanted = this.#graph.outputs.flatMap(({ name }) => (name in results ? [[name, results[name]!]] : []));
      const placed = Object.entries(places).map(([name, { values }]) => [name, values]);
      return Object.fromEntries([...wanted, ...placed]);
    } finally {
      this.#running.delete(run);
    }
  }

  close(): Promise<void> {
    this.#released ??= Promise.allSettled(this.#running).then(() => this.#engine.release());
    return this.#released;
  }
}
