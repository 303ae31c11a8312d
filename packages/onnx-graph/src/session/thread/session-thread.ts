/** What runs on the thread of a session: loads one graph, and runs it as it is told. */
import { parentPort, workerData } from 'node:worker_threads';
import { type GraphEngine, openEngine } from '../graph-engine.ts';
import type { ThreadAnswer, ThreadData, ThreadRequest } from './thread-messages.ts';

const { graph, options } = workerData as ThreadData;
const port = parentPort!;
const opening = openEngine(graph, options);
answer(opening.then(() => ({ results: {} })));

port.on('message', (request: ThreadRequest) => {
  answer(opening.then((engine) => perform(engine, request)));
});

async function perform(engine: GraphEngine, request: ThreadRequest): Promise<ThreadAnswer> {
  if (request.kind === 'run') {
    const results = Object.entries(await engine.run(request.run));
    return { results: Object.fromEntries(results.filter(([name]) => request.run.places[name] === undefined)) };
  }
  await engine.release();
  return { results: {} };
}

function answer(answering: Promise<ThreadAnswer>): void {
  answering
    .then((message) => {
      const buffers = 'results' in message ? Object.values(message.results).map(({ buffer }) => buffer) : [];
      port.postMessage(message, buffers as ArrayBuffer[]);
    })
    .catch((error: unknown) => port.postMessage({ error: error instanceof Error ? error.message : String(error) }));
}
