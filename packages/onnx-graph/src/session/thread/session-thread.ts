/** What runs on the thread of a session: loads one graph, and runs it as it is told. */
import { parentPort, workerData } from 'node:worker_threads';
import { type GraphEngine, openEngine } from '../graph-engine.ts';
import type { ThreadAnswer, ThreadData, ThreadRequest } from './thread-messages.ts';

const { graph, options } = workerData as ThreadData;
const port = parentPort!;
const opening = openEngine(graph, options);
/** The last answer: each request waits for it, so that answers go in the order of their requests, failed ones too. */
let answered = answer(opening.then(() => ({ results: {} })));

port.on('message', (request: ThreadRequest) => {
  answered = answer(answered.then(async () => perform(await opening, request)));
});

async function perform(engine: GraphEngine, request: ThreadRequest): Promise<ThreadAnswer> {
  if (request.kind === 'run') {
    const results = Object.entries(await engine.run(request.run));
    return { results: Object.fromEntries(results.filter(([name]) => request.run.places[name] === undefined)) };
  }
  await engine.release();
  return { results: {} };
}

async function answer(answering: Promise<ThreadAnswer>): Promise<void> {
  try {
    const message = await answering;
    const buffers = 'results' in message ? Object.values(message.results).map(({ buffer }) => buffer) : [];
    port.postMessage(message, buffers as ArrayBuffer[]);
  } catch (error) {
    port.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
}
