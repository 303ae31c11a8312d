import { Worker } from 'node:worker_threads';
import type { EngineGraph, EngineOptions, GraphEngine, GraphResults, GraphRun } from '../graph-engine.ts';
import type { ThreadAnswer, ThreadData, ThreadRequest } from './thread-messages.ts';

interface Waiting {
  resolve(results: GraphResults): void;
  reject(error: Error): void;
}

/** Loads a graph to run on a thread of its own. The buffers of a run's state have to be shared ones. */
export async function openThreadEngine(graph: EngineGraph, options: EngineOptions): Promise<GraphEngine> {
  const thread = new SessionThread({ graph, options });
  try {
    await thread.started;
  } catch (error) {
    await thread.terminate();
    throw error;
  }
  return {
    run: ({ inputs, ...run }) => thread.ask({ kind: 'run', run: { ...run, inputs: sendable(inputs) } }),
    async release() {
      await thread.ask({ kind: 'release' });
      await thread.terminate();
    },
  };
}

/** A thread and the requests that wait for its answers. It keeps the process alive only while some do. */
class SessionThread {
  /** Once the graph is loaded. */
  readonly started: Promise<unknown>;
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  #ended: Error | undefined;

  constructor(workerData: ThreadData) {
    this.#worker = new Worker(threadUrl(), { workerData });
    this.#worker.on('message', (answer: ThreadAnswer) => {
      const { resolve, reject } = this.#waiting.shift()!;
      if (this.#waiting.length === 0) this.#worker.unref();
      if ('results' in answer) resolve(answer.results);
      else reject(new Error(answer.error));
    });
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', (code) => this.#end(new Error(`its thread ended with exit code ${code}`)));
    this.started = this.#answer();
  }

  ask(request: ThreadRequest): Promise<GraphResults> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    this.#worker.postMessage(request);
    return this.#answer();
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #answer(): Promise<GraphResults> {
    this.#worker.ref();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
  }
}

/** Copies what other threads cannot see. A view would take the whole of the buffer behind it along. */
function sendable(inputs: GraphRun['inputs']): GraphRun['inputs'] {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { values, shape }]) => [
      name,
      { values: values.buffer instanceof SharedArrayBuffer ? values : values.slice(), shape },
    ]),
  );
}

/** The program of the thread, beside this file: as it was written, or as it was built. */
function threadUrl(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './session-thread.ts' : './session-thread.js', import.meta.url);
}
